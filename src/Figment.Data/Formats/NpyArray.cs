using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Figment.Data.Formats;

/// <summary>
/// An array in NumPy's <c>.npy</c> format, versions 1.0 to 3.0: u1, i1, i2, i4, i8, f2, f4, f8 and b1, in C or Fortran
/// order, of either byte order. In memory it is always in C order and in this machine's byte order.
/// </summary>
/// <remarks>Source: NumPy enhancement proposal 1. Arrays of Python objects are refused: reading them runs
/// code.</remarks>
public sealed class NpyArray
{
    private static readonly Dictionary<string, (Type Type, int Size)> kinds = new(StringComparer.Ordinal)
    {
        ["u1"] = (typeof(byte), 1),
        ["i1"] = (typeof(sbyte), 1),
        ["b1"] = (typeof(bool), 1),
        ["i2"] = (typeof(short), 2),
        ["i4"] = (typeof(int), 4),
        ["i8"] = (typeof(long), 8),
        ["f2"] = (typeof(Half), 2),
        ["f4"] = (typeof(float), 4),
        ["f8"] = (typeof(double), 8),
    };

    private readonly ReadOnlyMemory<byte> bytes;

    private NpyArray(string kind, long[] shape, ReadOnlyMemory<byte> bytes) =>
        (Kind, Shape, this.bytes) = (kind, shape, bytes);

    /// <summary>The type of a value: u1, i1, i2, i4, i8, f2, f4, f8 or b1.</summary>
    public string Kind { get; }

    /// <summary>The size of each dimension, outermost first; empty for a single value.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The .NET type of a value.</summary>
    public Type ElementType => kinds[Kind].Type;

    /// <summary>How many values there are.</summary>
    public int Count => bytes.Length / kinds[Kind].Size;

    /// <summary>The values in C order, without a copy.</summary>
    /// <typeparam name="T">Must be <see cref="ElementType"/>.</typeparam>
    /// <exception cref="InvalidOperationException">The array holds another type.</exception>
    public ReadOnlySpan<T> As<T>() where T : unmanaged => typeof(T) == ElementType
        ? MemoryMarshal.Cast<byte, T>(bytes.Span)
        : throw new InvalidOperationException($"The array holds {Kind} ({ElementType.Name}), not {typeof(T).Name}.");

    /// <summary>Makes an array from values in C order; they are copied.</summary>
    /// <typeparam name="T">byte, sbyte, bool, short, int, long, Half, float or double.</typeparam>
    /// <param name="values">The values.</param>
    /// <param name="shape">Sizes whose product is the number of values.</param>
    /// <exception cref="ArgumentException">The shape does not fit, or the type has no counterpart.</exception>
    public static NpyArray From<T>(ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        var kind = kinds.FirstOrDefault(entry => entry.Value.Type == typeof(T)).Key
            ?? throw new ArgumentException($".npy files hold no {typeof(T).Name} here; use one of "
                + string.Join(", ", kinds.Values.Select(entry => entry.Type.Name)) + ".");
        var count = 1L;
        foreach (var size in shape)
            count = checked(count * size);
        if (count != values.Length)
            throw new ArgumentException(
                $"{values.Length} values have no shape ({string.Join(", ", shape.ToArray())}).");
        return new NpyArray(kind, shape.ToArray(), MemoryMarshal.AsBytes(values).ToArray());
    }

    /// <summary>Reads a <c>.npy</c> file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="BadFileException">The file is damaged or of a kind that is not read.</exception>
    public static NpyArray Read(string path) => Parse(FileBytes.Read(path), path);

    /// <summary>Reads a <c>.npy</c> file held in memory; C-ordered arrays of this machine's byte order are not
    /// copied.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="name">The name used in errors.</param>
    /// <exception cref="BadFileException">The data are damaged or of a kind that is not read.</exception>
    public static NpyArray Parse(ReadOnlyMemory<byte> file, string name)
    {
        var header = NpyHeader.Parse(file.Span, name);
        var kind = KindOf(header.Descriptor, name);
        var size = kinds[kind].Size;
        var count = CountOf(header.Shape, size, name);
        var data = file[header.DataStart..];
        if (count * size != data.Length)
        {
            throw new BadFileException(name, $"declares ({string.Join(", ", header.Shape)}) {kind} = {count * size:N0} "
                + $"bytes, but holds {data.Length:N0}", $"byte {header.DataStart}", GzipFile.Damaged);
        }

        var swap = size > 1 && (header.Descriptor[0] == '>') == BitConverter.IsLittleEndian;
        var reorder = header.FortranOrder && header.Shape.Length > 1 && data.Length > 0;
        if (swap || reorder)
        {
            var own = data.ToArray();
            if (swap)
                Swap(own, size);
            data = reorder ? ToRowMajor(own, header.Shape, size) : own;
        }

        if (kind == "b1" && data.Span.ContainsAnyExceptInRange<byte>(0, 1))
        {
            throw new BadFileException(name, "holds truth values that are neither 0 nor 1", $"byte {header.DataStart}",
                GzipFile.Damaged);
        }

        return new NpyArray(kind, header.Shape, data);
    }

    /// <summary>Writes the array to a file, first under a temporary name.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    public void Write(string path)
    {
        var half = path + ".part";
        using (var target = File.Create(half))
            Write(target);
        File.Move(half, path, overwrite: true);
    }

    /// <summary>Writes the array.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="fortranOrder">Whether the first index varies fastest in the file.</param>
    /// <param name="version">The format version: 1, 2 or 3.</param>
    public void Write(Stream target, bool fortranOrder = false, int version = 1)
    {
        ArgumentNullException.ThrowIfNull(target);
        var size = kinds[Kind].Size;
        var order = size == 1 ? '|' : BitConverter.IsLittleEndian ? '<' : '>';
        long[] shape = [.. Shape];
        target.Write(NpyHeader.Format($"{order}{Kind}", fortranOrder, shape, version));
        if (!fortranOrder || shape.Length < 2 || bytes.Length == 0)
        {
            target.Write(bytes.Span);
            return;
        }

        // Column-major data of a shape are row-major data of the reversed shape, transposed.
        Array.Reverse(shape);
        target.Write(ToRowMajor(bytes.ToArray(), shape, size));
    }

    private static string KindOf(string descriptor, string name)
    {
        if (descriptor.Contains('O', StringComparison.Ordinal))
        {
            throw new BadFileException(name, $"holds Python objects (descr '{descriptor}')", "header",
                "Such files run code when they are read: save plain numbers instead");
        }

        if (descriptor.Length == 3 && descriptor[0] is '<' or '>' or '|' or '=' && kinds.ContainsKey(descriptor[1..]))
            return descriptor[1..];
        throw new BadFileException(name, $"holds values of the type '{descriptor}'", "header",
            $"Convert it with astype to one of {string.Join(", ", kinds.Keys)}");
    }

    private static long CountOf(long[] shape, int size, string name)
    {
        var count = 1L;
        foreach (var dimension in shape)
        {
            // Every factor counts, also beside a zero: (0, 2^62) is no honest shape.
            if (dimension > Array.MaxLength || (dimension > 0 && count > Array.MaxLength / dimension))
            {
                throw new BadFileException(name,
                    $"declares the shape ({string.Join(", ", shape)}), more than fits into memory", "header",
                    GzipFile.Damaged);
            }

            count *= dimension;
        }

        return count * size <= Array.MaxLength
            ? count
            : throw new BadFileException(name,
                $"declares {count:N0} values of {size} bytes, more than fits into memory",
                "header", "Split the array");
    }

    private static void Swap(byte[] data, int size)
    {
        switch (size)
        {
            case 2:
                var two = MemoryMarshal.Cast<byte, short>(data.AsSpan());
                BinaryPrimitives.ReverseEndianness(two, two);
                break;
            case 4:
                var four = MemoryMarshal.Cast<byte, int>(data.AsSpan());
                BinaryPrimitives.ReverseEndianness(four, four);
                break;
            default:
                var eight = MemoryMarshal.Cast<byte, long>(data.AsSpan());
                BinaryPrimitives.ReverseEndianness(eight, eight);
                break;
        }
    }

    private static byte[] ToRowMajor(byte[] columns, long[] shape, int size)
    {
        var rows = new byte[columns.Length];
        var index = new long[shape.Length];
        var strides = new long[shape.Length];
        var stride = 1L;
        for (var d = 0; d < shape.Length; d++)
        {
            strides[d] = stride;
            stride *= shape[d];
        }

        var from = 0L;
        for (var to = 0; to < rows.Length; to += size)
        {
            columns.AsSpan((int)from * size, size).CopyTo(rows.AsSpan(to));
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                from += strides[d];
                if (++index[d] < shape[d])
                    break;
                from -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return rows;
    }
}
