using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// Numbers by formula that look random, for matrices that must not be of low rank: the twin of scattered.py.
/// </summary>
internal static class Scattered
{
    private const long Piece = 65536;

    /// <summary>Numbers in [0, 1): the fraction of a large sine. Made in pieces: its own memory does not count.</summary>
    public static Tensor Unit(ReadOnlySpan<long> shape, double phase)
    {
        var sizes = shape.ToArray();
        var count = sizes.Aggregate(1L, (product, size) => product * size);
        return TensorScope.Run(() =>
        {
            var values = Tensor.Empty([count]);
            for (var start = 0L; start < count; start += Piece)
            {
                var (from, length) = (start, Math.Min(Piece, count - start));
                TensorScope.Run(() =>
                {
                    var n = Tensor.Arange(length, DType.Float64) + from;
                    var x = ((n * 12.9898) + phase).Sin() * 43758.5453;
                    values.Narrow(0, from, length).CopyInPlace(x - x.Floor());
                });
            }

            return values.Reshape(sizes);
        });
    }

    /// <summary>Weights of standard deviation fan^-1/2 in the order of their declaration, gains near 1.</summary>
    public static void Fill(Module module)
    {
        foreach (var (k, (path, p)) in module.NamedParameters().Index())
        {
            TensorScope.Run(() => NoGrad.Run(() =>
            {
                var x = (Unit(p.Shape, 0.3 + k) * 2) - 1;
                p.CopyInPlace(p.Rank > 1 ? x * Math.Sqrt(3.0 * p.Size(0) / p.Count)
                    : path.EndsWith("weight", StringComparison.Ordinal) ? 1 + (0.1 * x) : 0.1 * x);
            }));
        }
    }

    /// <summary>Whole numbers in [0, vocabulary).</summary>
    public static Tensor Tokens(ReadOnlySpan<long> shape, long vocabulary, int which)
    {
        var sizes = shape.ToArray();
        return TensorScope.Run(() =>
            (Unit(sizes, 0.1 + which) * vocabulary).To(DType.Int64).ClampMax(vocabulary - 1));
    }
}
