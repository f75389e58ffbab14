namespace Figment.Evaluation;

/// <summary>Whether samples lie nearer to the training examples than new examples do.</summary>
/// <param name="Ratio">Mean distance of samples to their nearest training example, over that of test examples: about 1
/// for a model that generalises, towards 0 for one that copies, above 1 for samples that are far from any data.</param>
/// <param name="Nearer">The probability that a sample is nearer to the training examples than a test example is: 0.5
/// where both are alike, 1 where every sample is a copy (the test statistic of Meehan et al. 2020,
/// https://arxiv.org/abs/2004.05675, without their cells).</param>
public sealed record Memorization(Estimate Ratio, Estimate Nearer)
{
    /// <param name="samples">Distances of samples to their nearest training example, at least two.</param>
    /// <param name="tests">Distances of test examples, at least two.</param>
    public static Memorization Of(ReadOnlySpan<double> samples, ReadOnlySpan<double> tests)
    {
        var (s, t) = (Estimate.Of(samples), Estimate.Of(tests));
        var ratio = s.Mean / t.Mean;
        // The error of a quotient of independent means, to first order.
        var error = Math.Sqrt(Square(s.StandardError) + Square(ratio * t.StandardError)) / t.Mean;
        return new Memorization(new Estimate(ratio, error, s.Count), Separation.Auroc(tests, samples));
    }

    private static double Square(double x) => x * x;
}
