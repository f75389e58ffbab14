using System.Collections.Frozen;
using Figment.Torch;

namespace Figment.Nn.Serialization;

/// <summary>One tensor's description in a file's header.</summary>
/// <param name="Name">The tensor's key.</param>
/// <param name="Format">The element type's name in the file, such as <c>F32</c>.</param>
/// <param name="Shape">Sizes of its dimensions, outermost first; empty for a scalar.</param>
/// <param name="Offset">Position of its first byte in the file.</param>
/// <param name="Length">Its size in bytes.</param>
public sealed record SafeTensorsEntry(string Name, string Format, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>The element type.</summary>
    public DType DType => ElementFormats.Known[Format].DType;
}

/// <summary>The element types of the format that the engine can hold.</summary>
internal static class ElementFormats
{
    public static readonly FrozenDictionary<string, (DType DType, int Bytes)> Known =
        new Dictionary<string, (DType, int)>
        {
            ["BOOL"] = (DType.Bool, 1),
            ["U8"] = (DType.UInt8, 1),
            ["I8"] = (DType.Int8, 1),
            ["I16"] = (DType.Int16, 2),
            ["I32"] = (DType.Int32, 4),
            ["I64"] = (DType.Int64, 8),
            ["F16"] = (DType.Float16, 2),
            ["BF16"] = (DType.BFloat16, 2),
            ["F32"] = (DType.Float32, 4),
            ["F64"] = (DType.Float64, 8),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly string Names = string.Join(", ", Known.Keys.Order(StringComparer.Ordinal));

    private static readonly FrozenDictionary<DType, string> Formats =
        Known.ToFrozenDictionary(pair => pair.Value.DType, pair => pair.Key);

    public static string NameOf(DType dtype) => Formats.TryGetValue(dtype, out var name)
        ? name
        : throw new NotSupportedException($"safetensors has no element type for {dtype}; convert the tensor first.");
}
