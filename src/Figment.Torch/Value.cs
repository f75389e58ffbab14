using System.Runtime.InteropServices;
using System.Text;

namespace Figment.Torch;

/// <summary>
/// One argument or result of an operator, tagged by the schema's type. Laid out as FtValue in bridge.h.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal unsafe struct Value
{
    [FieldOffset(0)] public Tag Kind;
    [FieldOffset(4)] public int Count;
    [FieldOffset(8)] public long Integer;
    [FieldOffset(8)] public double Number;
    [FieldOffset(8)] public nint Pointer;

    internal enum Tag
    {
        None, Tensor, Int, Double, Bool, IntList, DoubleList, BoolList, TensorList, OptionalTensorList, ScalarList,
        Device, String, Generator, Default,
    }

    /// <summary>The schema's own default.</summary>
    public static Value Default => new() { Kind = Tag.Default };
    public static Value None => default;

    public static Value Of(Tensor? t) => t is null ? default : new() { Kind = Tag.Tensor, Pointer = t.Handle };
    public static Value Of(long v) => new() { Kind = Tag.Int, Integer = v };
    public static Value Of(int v) => new() { Kind = Tag.Int, Integer = v };
    public static Value Of(double v) => new() { Kind = Tag.Double, Number = v };
    public static Value Of(bool v) => new() { Kind = Tag.Bool, Integer = v ? 1 : 0 };
    public static Value Of(long? v) => v is { } given ? Of(given) : default;
    public static Value Of(int? v) => v is { } given ? Of(given) : default;
    public static Value Of(double? v) => v is { } given ? Of(given) : default;
    public static Value Of(bool? v) => v is { } given ? Of(given) : default;
    public static Value Of(Scalar v) => v.ToValue();
    public static Value Of(Scalar? v) => v is { } given ? given.ToValue() : default;
    public static Value Of(DType v) => Of((long)v);
    public static Value Of(DType? v) => v is { } given ? Of((long)given) : default;
    public static Value Of(MemoryFormat v) => Of((long)v);
    public static Value Of(MemoryFormat? v) => v is { } given ? Of((long)given) : default;
    public static Value Of(Reduction v) => Of((long)v);
    public static Value Of(Device v) => new() { Kind = Tag.Device, Integer = v.Code };
    public static Value Of(Device? v) => v is { } given ? Of(given) : default;
    public static Value Of(Rng v) =>
        new()
        {
            Kind = Tag.Generator,
            Pointer = v?.Handle ?? throw new ArgumentNullException(nameof(v), "an Rng is needed to draw from")
        };

    // `fixed` gives null for an empty span, and null is also what an omitted list is.
    public static Value IntList(long* p, int n, Value whenEmpty = default) => List(Tag.IntList, p, n, whenEmpty);
    public static Value DoubleList(double* p, int n, Value whenEmpty = default) =>
        List(Tag.DoubleList, p, n, whenEmpty);
    public static Value BoolList(bool* p, int n, Value whenEmpty = default) => List(Tag.BoolList, p, n, whenEmpty);
    public static Value IntList(long* p, int n) => List(Tag.IntList, p, n);
    public static Value DoubleList(double* p, int n) => List(Tag.DoubleList, p, n);
    public static Value BoolList(bool* p, int n) => List(Tag.BoolList, p, n);
    public static Value TensorList(nint* p, int n) => List(Tag.TensorList, p, n);
    public static Value OptionalTensorList(nint* p, int n) => List(Tag.OptionalTensorList, p, n);

    private static Value List(Tag kind, void* p, int n) => new() { Kind = kind, Count = n, Pointer = (nint)p };
    private static Value List(Tag kind, void* p, int n, Value whenEmpty) => n == 0 ? whenEmpty : List(kind, p, n);

    public static void Handles(ReadOnlySpan<Tensor?> tensors, Span<nint> handles)
    {
        for (var i = 0; i < tensors.Length; i++) handles[i] = tensors[i]?.Handle ?? 0;
    }

    public static void KeepAlive(ReadOnlySpan<Tensor?> tensors)
    {
        foreach (var t in tensors) GC.KeepAlive(t);
    }

    /// <summary>How the argument reads in an error: <c>Float32[128, 784]</c>, <c>3</c>, <c>[1, 1]</c>.</summary>
    public override readonly string ToString() => Kind switch
    {
        Tag.Tensor => Tensor.Describe(Pointer),
        Tag.Int => Integer.ToString(),
        Tag.Double => Number.ToString("R"),
        Tag.Bool => Integer != 0 ? "true" : "false",
        Tag.IntList => "[" + string.Join(", ", new ReadOnlySpan<long>((void*)Pointer, Count).ToArray()) + "]",
        Tag.DoubleList => "[" + string.Join(", ", new ReadOnlySpan<double>((void*)Pointer, Count).ToArray()) + "]",
        Tag.BoolList => "[" + string.Join(", ", new ReadOnlySpan<bool>((void*)Pointer, Count).ToArray()) + "]",
        Tag.TensorList or Tag.OptionalTensorList => DescribeTensors(),
        Tag.Device => new Device((int)Integer).ToString(),
        Tag.String => '"' + Encoding.UTF8.GetString((byte*)Pointer, Count) + '"',
        Tag.Generator => "rng",
        _ => "null",
    };

    private readonly string DescribeTensors()
    {
        var all = new List<string>();
        foreach (var handle in new ReadOnlySpan<nint>((void*)Pointer, Count))
            all.Add(handle == 0 ? "null" : Tensor.Describe(handle));
        return "[" + string.Join(", ", all) + "]";
    }
}

/// <summary>A string argument's UTF-8 bytes, for the length of one call.</summary>
internal readonly unsafe ref struct Utf8Text
{
    private readonly nint memory;
    private readonly int length;

    public Utf8Text(string? text)
    {
        if (text is null) return;
        length = Encoding.UTF8.GetByteCount(text);
        memory = (nint)NativeMemory.Alloc((nuint)Math.Max(1, length));
        Encoding.UTF8.GetBytes(text, new Span<byte>((void*)memory, length));
    }

    public Value Value =>
        memory == 0 ? default : new Value { Kind = Value.Tag.String, Count = length, Pointer = memory };

    public void Dispose() => NativeMemory.Free((void*)memory);
}
