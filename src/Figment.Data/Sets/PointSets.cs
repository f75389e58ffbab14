using System.Runtime.InteropServices;
using Figment.Data.Catalog;
using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>Equal Gaussians of which a set of points is an even mixture: its modes.</summary>
/// <param name="Centers">The mean of each, in the order of the labels.</param>
/// <param name="Sigma">The standard deviation of each, in every direction.</param>
public sealed record PointModes(IReadOnlyList<IReadOnlyList<double>> Centers, double Sigma);

/// <summary>
/// Points of a line or a plane whose distribution is known, to watch a model learn it. An example is an image of one
/// row of one or two numbers, stored as Float32 and not as shades.
/// </summary>
public static class PointSets
{
    // Where the points lie. It is part of the protocol: never change it.
    private const ulong DrawSeed = 20_140_610;
    private const double SpiralTurns = 1.5, SpiralRadius = 3, SpiralSigma = 0.08, RollScale = 7.5, RollSigma = 0.25;

    private delegate int Drawing(Draws draws, Span<double> point);

    private sealed record Known(ulong Stream, int Dimensions, Drawing Draw, PointModes? Modes);

    private static readonly Dictionary<string, Known> sets = new(StringComparer.Ordinal)
    {
        // Eight on a circle of radius 2, sigma 0.02: Metz et al. 2017, appendix A.
        ["ring-of-8"] = Mixture(1, new PointModes([.. Enumerable.Range(0, 8).Select(i =>
            (double[])[2 * Math.Cos(i * Math.PI / 4), 2 * Math.Sin(i * Math.PI / 4)])], 0.02)),
        // Five by five at distances of 2, sigma 0.05: Srivastava et al. 2017, section 5.
        ["grid-of-25"] = Mixture(2, new PointModes([.. Enumerable.Range(0, 25).Select(i =>
            (double[])[(2 * (i / 5)) - 4, (2 * (i % 5)) - 4])], 0.05)),
        ["spiral"] = new(3, 2, Spiral, null),
        ["swiss-roll"] = new(4, 2, SwissRoll, null),
        ["two-bumps"] = Mixture(5, new PointModes([[-1.5], [1.5]], 0.4)),
    };

    /// <summary>The modes of a set that has them, or null.</summary>
    /// <param name="id">The card's id.</param>
    public static PointModes? ModesOf(string id) => sets.GetValueOrDefault(id)?.Modes;

    internal static MemoryImages Draw(DataCard card, Split split, int count, string name)
    {
        var set = sets[card.Id];
        var numbers = new float[count * set.Dimensions];
        var labels = new int[count];
        Span<double> point = stackalloc double[set.Dimensions];
        for (var i = 0; i < count; i++)
        {
            labels[i] = set.Draw(new Draws(CounterRandom.For(DrawSeed, set.Stream, (long)split, i)), point);
            for (var d = 0; d < point.Length; d++) numbers[(i * point.Length) + d] = (float)point[d];
        }

        return new MemoryImages(name, card.Shape, MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray(),
            card.ClassNames.Count > 0 ? labels : null, card.ClassNames);
    }

    private static Known Mixture(ulong stream, PointModes modes) => new(stream, modes.Centers[0].Count,
        (draws, point) =>
        {
            var mode = draws.Below(0, modes.Centers.Count);
            for (var d = 0; d < point.Length; d++)
                point[d] = modes.Centers[mode][d] + (modes.Sigma * draws.Normal(1 + (uint)d));
            return mode;
        }, modes);

    // Two arms that wind around each other, each as dense everywhere: the radius grows with the angle and with the root
    // of a uniform number.
    private static int Spiral(Draws draws, Span<double> point)
    {
        var arm = draws.Below(0, 2);
        var s = Math.Sqrt(draws.Uniform(1));
        var angle = (2 * Math.PI * SpiralTurns * s) + (Math.PI * arm);
        point[0] = (SpiralRadius * s * Math.Cos(angle)) + (SpiralSigma * draws.Normal(2));
        point[1] = (SpiralRadius * s * Math.Sin(angle)) + (SpiralSigma * draws.Normal(3));
        return arm;
    }

    // t (cos t, sin t) with t uniform in 3/2 pi to 9/2 pi and noise of 1/4, all over 7.5: the roll of Gulrajani et al.
    // 2017, figure 1 (scikit-learn's, seen from its side).
    private static int SwissRoll(Draws draws, Span<double> point)
    {
        var t = 1.5 * Math.PI * (1 + (2 * draws.Uniform(0)));
        point[0] = ((t * Math.Cos(t)) + (RollSigma * draws.Normal(1))) / RollScale;
        point[1] = ((t * Math.Sin(t)) + (RollSigma * draws.Normal(2))) / RollScale;
        return 0;
    }

    // Slots of one point's random numbers; a normal number takes two.
    private readonly struct Draws(CounterRandom random)
    {
        public int Below(uint slot, int limit) => random.Below(2 * slot, limit);

        public double Uniform(uint slot) => random.Uniform(2 * slot);

        // Box and Muller 1958; 1 - u is never 0.
        public double Normal(uint slot) => Math.Sqrt(-2 * Math.Log(1 - (double)random.Uniform(2 * slot)))
            * Math.Cos(2 * Math.PI * random.Uniform((2 * slot) + 1));
    }
}
