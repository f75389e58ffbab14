using System.Globalization;

namespace Figment.Torch;

/// <summary>The type of a tensor's elements. The numbers are libtorch's.</summary>
public enum DType
{
    UInt8 = 0,
    Int8 = 1,
    Int16 = 2,
    Int32 = 3,
    Int64 = 4,
    Float16 = 5,
    Float32 = 6,
    Float64 = 7,
    Complex64 = 9,
    Complex128 = 10,
    Bool = 11,
    BFloat16 = 15,
}

/// <summary>How a tensor's elements lie in memory.</summary>
public enum MemoryFormat
{
    /// <summary>Row-major in the logical order of dimensions.</summary>
    Contiguous = 0,
    /// <summary>As the input's.</summary>
    Preserve = 1,
    /// <summary>(N, C, H, W) stored as N, H, W, C: the faster layout for convolutions on a CPU.</summary>
    ChannelsLast = 2,
    /// <summary>(N, C, D, H, W) stored as N, D, H, W, C.</summary>
    ChannelsLast3d = 3,
}

/// <summary>How a loss is gathered over its elements.</summary>
public enum Reduction
{
    None = 0,
    Mean = 1,
    Sum = 2,
}

/// <summary>Facts of element types.</summary>
public static class DTypes
{
    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType dtype) => dtype switch
    {
        DType.UInt8 or DType.Int8 or DType.Bool => 1,
        DType.Int16 or DType.Float16 or DType.BFloat16 => 2,
        DType.Int32 or DType.Float32 => 4,
        DType.Int64 or DType.Float64 or DType.Complex64 => 8,
        DType.Complex128 => 16,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "unknown element type"),
    };

    /// <summary>Whether the elements are real floating-point numbers.</summary>
    public static bool IsFloatingPoint(this DType dtype) =>
        dtype is DType.Float16 or DType.BFloat16 or DType.Float32 or DType.Float64;

    internal static DType Of<T>()
        where T : unmanaged => default(T) switch
        {
            byte => DType.UInt8,
            sbyte => DType.Int8,
            short => DType.Int16,
            int => DType.Int32,
            long => DType.Int64,
            Half => DType.Float16,
            float => DType.Float32,
            double => DType.Float64,
            bool => DType.Bool,
            _ => throw new ArgumentException($"{typeof(T)} is not the type of a tensor's elements"),
        };
}

/// <summary>Where a tensor lives: <c>cpu</c>, <c>cuda:0</c>.</summary>
public readonly record struct Device
{
    // A machine has one CPU, so its index says nothing.
    internal Device(int code) => Code = code >> 16 == 0 ? 0xffff : code;

    /// <summary>The machine's own processor.</summary>
    public static Device Cpu { get; } = new(0xffff);

    /// <summary>libtorch's type in the upper half, index in the lower (0xffff is "any").</summary>
    internal int Code { get; }

    /// <summary>Whether it is a GPU.</summary>
    public bool IsCuda => Code >> 16 == 1;

    /// <summary>The device's index; 0 for the CPU.</summary>
    public int Index => (Code & 0xffff) == 0xffff ? 0 : Code & 0xffff;

    /// <param name="index">Which of the machine's GPUs, from 0.</param>
    public static Device Cuda(int index = 0) =>
        index is >= 0 and < 128 ? new((1 << 16) | index)
            : throw new ArgumentOutOfRangeException(nameof(index), index, "0 to 127");

    /// <summary>Reads <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static Device Parse(string text) => text switch
    {
        null => throw new ArgumentNullException(nameof(text)),
        "cpu" => Cpu,
        "cuda" => Cuda(),
        _ when text.StartsWith("cuda:", StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n < 128 =>
                Cuda(n),
        _ => throw new FormatException($"'{text}' is no device; use cpu, cuda or cuda:N"),
    };

    /// <summary>As <see cref="Parse"/> reads it.</summary>
    public override string ToString() => IsCuda ? $"cuda:{Index}" : "cpu";
}

/// <summary>
/// A number whose kind (integer, real, truth value) decides the result's type as it does in libtorch.
/// </summary>
public readonly struct Scalar
{
    private readonly Value value;

    private Scalar(Value value) => this.value = value;

    public static implicit operator Scalar(double v) => new(Value.Of(v));
    public static implicit operator Scalar(float v) => new(Value.Of((double)v));
    public static implicit operator Scalar(long v) => new(Value.Of(v));
    public static implicit operator Scalar(int v) => new(Value.Of((long)v));
    public static implicit operator Scalar(bool v) => new(Value.Of(v));

    internal Value ToValue() => value;

    /// <summary>The number.</summary>
    public override string ToString() => value.ToString();
}
