namespace Figment.Evaluation;

/// <summary>How well a score tells two sets apart.</summary>
public static class Separation
{
    /// <summary>
    /// The area under the receiver operating characteristic: the probability that an example of the first set scores
    /// higher than one of the second, ties counted half. Its standard error is that of DeLong, DeLong and
    /// Clarke-Pearson (Biometrics 44, 1988), which assumes no distribution.
    /// </summary>
    /// <param name="inside">Scores of the set that should score high; at least two.</param>
    /// <param name="outside">Scores of the other set; at least two.</param>
    /// <returns>0.5 where the score tells nothing, 1 where every example of the first set scores higher. The count is
    /// of both sets together.</returns>
    public static Estimate Auroc(ReadOnlySpan<double> inside, ReadOnlySpan<double> outside)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inside.Length, 2, nameof(inside));
        ArgumentOutOfRangeException.ThrowIfLessThan(outside.Length, 2, nameof(outside));
        // How often an example wins against the other set, for each example: the two samples of DeLong's variance.
        var wins = Wins(inside, outside);
        var losses = Wins(outside, inside);
        return new Estimate(wins.Mean, Math.Sqrt(Square(wins.StandardError) + Square(losses.StandardError)),
            inside.Length + outside.Length);
    }

    private static Estimate Wins(ReadOnlySpan<double> examples, ReadOnlySpan<double> others)
    {
        var sorted = others.ToArray();
        Array.Sort(sorted);
        var share = new RunningMean();
        foreach (var score in examples)
            share.Add((FirstNotBelow(sorted, score) + FirstNotBelow(sorted, Math.BitIncrement(score)))
                / (2.0 * sorted.Length));
        return new Estimate(share.Mean, share.StandardError, share.Count);
    }

    private static int FirstNotBelow(double[] sorted, double value)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < value) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static double Square(double x) => x * x;
}
