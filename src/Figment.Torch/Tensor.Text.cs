using System.Globalization;
using System.Text;

namespace Figment.Torch;

// What a person reads.
public unsafe partial class Tensor
{
    private const int Edge = 3, Whole = 1000;

    /// <summary>Type, shape and elements; of a large tensor the first and last three of each dimension.</summary>
    public override string ToString()
    {
        if (IsReleased) return $"(released tensor, made by {madeBy})";
        var head = $"{DType}[{Join(Shape)}]" + (Device.IsCuda ? $" on {Device}" : "")
            + (RequiresGrad ? " requires grad" : "");
        if (Count == 0 || DType is DType.Complex64 or DType.Complex128) return head;

        var (texts, shape, cut) = TensorScope.Run(Texts);
        var text = new StringBuilder(head).Append(shape.Length > 1 ? '\n' : ' ');
        Write(text, texts, shape, cut, 0, 0, shape.Length == 0 ? 0 : texts.Max(t => t.Length));
        return text.ToString();
    }

    // The elements that are shown; `cut` marks the dimensions of which only the ends are.
    private (string[] Texts, long[] Shape, bool[] Cut) Texts()
    {
        var shown = Detach();
        var cut = new bool[Rank];
        for (var d = 0; Count > Whole && d < cut.Length; d++)
        {
            cut[d] = Size(d) > 2 * Edge;
            if (cut[d]) shown = Ops.Cat([shown.Narrow(d, 0, Edge), shown.Narrow(d, Size(d) - Edge, Edge)], d);
        }

        shown = shown.To(Device.Cpu);
        var texts = DType == DType.Bool || !DType.IsFloatingPoint()
            ? Array.ConvertAll(shown.To(DType.Int64).ToArray<long>(), Format)
            : Array.ConvertAll(shown.To(DType.Float64).ToArray<double>(), Format);
        return (texts, shown.Shape.ToArray(), cut);
    }

    private static void Write(StringBuilder text, string[] texts, long[] shape, bool[] cut, int dim, long offset,
        int width)
    {
        if (dim == shape.Length)
        {
            text.Append(texts[offset].PadLeft(width));
            return;
        }

        long stride = 1;
        for (var d = dim + 1; d < shape.Length; d++) stride *= shape[d];
        var separator = dim == shape.Length - 1 ? ", " : ",\n" + new string(' ', dim + 1);
        text.Append('[');
        for (long i = 0; i < shape[dim]; i++)
        {
            if (i > 0) text.Append(separator);
            if (cut[dim] && i == Edge) text.Append("...").Append(separator);
            Write(text, texts, shape, cut, dim + 1, offset + (i * stride), width);
        }

        text.Append(']');
    }

    private string Format(long v) =>
        DType == DType.Bool ? v != 0 ? "true" : "false" : v.ToString(CultureInfo.InvariantCulture);

    private string Format(double v) => v switch
    {
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        _ when Math.Abs(v) is > 0 and (< 1e-3 or >= 1e5) => v.ToString("0.####e+0", CultureInfo.InvariantCulture),
        _ => v.ToString("0.0###", CultureInfo.InvariantCulture),
    };
}
