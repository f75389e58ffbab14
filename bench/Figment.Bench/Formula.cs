using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>Numbers made by formula, so that both sides start from the same weights: the twin of common.py's.</summary>
internal static class Formula
{
    private const long Piece = 65536;

    /// <summary><c>scale * sin(pitch * n + phase)</c> for n = 0, 1, ... in double precision, as Float32.</summary>
    public static Tensor Wave(ReadOnlySpan<long> shape, double phase, double scale = 1, double pitch = 1.7) =>
        Make(shape, n => ((n * pitch) + phase).Sin() * scale);

    /// <summary>
    /// Numbers that look random, even between -scale and scale: the digits of a large sine behind the point. Weights and
    /// pictures are made of them, because the regular wave makes sums that nearly vanish, which magnify rounding.
    /// </summary>
    public static Tensor Noise(ReadOnlySpan<long> shape, double phase, double scale = 1) =>
        Make(shape, n => ((2 * Digits(n, phase)) - 1) * scale);

    /// <summary>The same numbers, between 0 and 1.</summary>
    public static Tensor Unit(ReadOnlySpan<long> shape, double phase) => Make(shape, n => Digits(n, phase));

    /// <summary>Whole numbers in [0, vocabulary).</summary>
    public static Tensor Tokens(ReadOnlySpan<long> shape, long vocabulary, int which)
    {
        var sizes = shape.ToArray();
        return TensorScope.Run(() =>
            (Unit(sizes, 0.1 + which) * vocabulary).To(DType.Int64).ClampMax(vocabulary - 1));
    }

    private static Tensor Digits(Tensor n, double phase)
    {
        var large = ((n * 12.9898) + phase).Sin() * 43758.5453;
        return large - large.Floor();
    }

    // Made in pieces, so that the intermediate values do not count as the model's memory.
    private static Tensor Make(ReadOnlySpan<long> shape, Func<Tensor, Tensor> formula)
    {
        long count = 1;
        foreach (var size in shape) count *= size;
        var sizes = shape.ToArray();
        return TensorScope.Run(() =>
        {
            var values = Tensor.Empty([count]);
            for (var start = 0L; start < count; start += Piece)
            {
                var (from, length) = (start, Math.Min(Piece, count - start));
                TensorScope.Run(() =>
                {
                    values.Narrow(0, from, length).CopyInPlace(formula(Tensor.Arange(length, DType.Float64) + from));
                });
            }

            return values.Reshape(sizes);
        });
    }

    /// <summary>Zeros and ones.</summary>
    public static Tensor Pixels(ReadOnlySpan<long> shape, int which)
    {
        var sizes = shape.ToArray();
        return TensorScope.Run(() => (Noise(sizes, which) > 0.4).To(DType.Float32));
    }

    /// <summary>
    /// Parameters by formula, in the order of their declaration: each with other numbers. Their size falls with the root of the
    /// fan-in, taken as the elements beyond the first dimension (of a vector: all); scales of normalisations, which are vectors
    /// called weight, stay near 1. The vectors of spectral normalisation by formula, too.
    /// </summary>
    /// <param name="module">Whose parameters are overwritten; other buffers stay.</param>
    /// <param name="gain">Times the size.</param>
    public static void Fill(Module module, double gain = 1) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        foreach (var norm in module.NamedModules().Select(part => part.Module).OfType<SpectralNorm>())
        {
            var u = Noise(norm.U.Shape, 0.5);
            norm.U.CopyInPlace(u / u.Norm());
        }

        foreach (var (k, (path, p)) in module.NamedParameters().Index())
        {
            var isScale = p.Rank == 1 && path.EndsWith("weight", StringComparison.Ordinal);
            var fan = p.Rank > 1 ? p.Count / p.Size(0) : p.Count;
            p.CopyInPlace(isScale ? 1 + Noise(p.Shape, 0.3 + k, 0.1) : Noise(p.Shape, 0.3 + k, gain * Math.Pow(fan, -0.5)));
        }
    }));
}
