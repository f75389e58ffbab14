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
        var head = $"{DType}[{Join(Shape)}]" + (Device.IsCuda ? $" on {Device}" : "") + (RequiresGrad ? " requires grad" : "");
        if (Count == 0) return head;
        if (DType is DType.Complex64 or DType.Complex128) return head;
        return TensorScope.Run(() =>
        {
            var shape = Shape.ToArray();
            var values = Detach().To(Device.Cpu).To(DType.Float64).ToArray<double>();
            var text = new StringBuilder(head);
            text.Append(shape.Length > 1 ? "\n" : " ");
            var width = shape.Length == 0 ? 0 : Shown(values, shape).Max(i => Format(values[i]).Length);
            Write(text, values, shape, 0, 0, width, 0);
            return text.ToString();
        });
    }

    private void Write(StringBuilder text, double[] values, long[] shape, int dim, long offset, int width, int indent)
    {
        if (dim == shape.Length)
        {
            text.Append(Format(values[offset]).PadLeft(width));
            return;
        }

        long stride = 1;
        for (var d = dim + 1; d < shape.Length; d++) stride *= shape[d];
        var last = dim == shape.Length - 1;
        text.Append('[');
        var shorten = values.Length > Whole && shape[dim] > 2 * Edge;
        for (long i = 0; i < shape[dim]; i++)
        {
            if (shorten && i == Edge)
            {
                text.Append(last ? ", ..." : ",\n" + new string(' ', indent + 1) + "...");
                i = shape[dim] - Edge;
            }

            if (i > 0) text.Append(last ? ", " : ",\n" + new string(' ', indent + 1));
            Write(text, values, shape, dim + 1, offset + (i * stride), width, indent + 1);
        }

        text.Append(']');
    }

    private static IEnumerable<long> Shown(double[] values, long[] shape)
    {
        for (long i = 0; i < values.Length; i++)
        {
            if (values.Length <= Whole)
            {
                yield return i;
                continue;
            }

            var (rest, shown) = (i, true);
            for (var d = shape.Length - 1; d >= 0 && shown; d--)
            {
                var at = rest % shape[d];
                rest /= shape[d];
                shown = shape[d] <= 2 * Edge || at < Edge || at >= shape[d] - Edge;
            }

            if (shown) yield return i;
        }
    }

    private string Format(double v)
    {
        if (DType == DType.Bool) return v != 0 ? "true" : "false";
        if (!DType.IsFloatingPoint()) return v.ToString("F0", CultureInfo.InvariantCulture);
        return Math.Abs(v) is > 0 and (< 1e-3 or >= 1e5)
            ? v.ToString("0.####e+0", CultureInfo.InvariantCulture)
            : v.ToString("0.0###", CultureInfo.InvariantCulture);
    }
}
