using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>What a linear probe found.</summary>
/// <param name="Accuracy">Share of the test examples that are told right, with its standard error over them.</param>
/// <param name="Penalty">The L2 weight that was chosen.</param>
/// <param name="HeldOutLoss">Mean of -log p(y|x), in nats, over the labels that were held out to choose it.</param>
public sealed record ProbeOutcome(Estimate Accuracy, double Penalty, double HeldOutLoss);

/// <summary>
/// How well a linear classifier tells the classes from codes that were learned without labels: what is called a linear
/// probe (Alain and Bengio 2017, https://arxiv.org/abs/1610.01644).
/// </summary>
public static class LinearProbe
{
    /// <summary>L2 weights that are tried, from the strongest on, until one is worse than the one before.</summary>
    public static IReadOnlyList<double> Penalties { get; } = [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6];

    /// <summary>Parts into which the labels are cut to choose the weight.</summary>
    public const int Folds = 5;

    /// <summary>From so many labels on, one of the parts is held out and not each in turn.</summary>
    public const int ManyLabels = 5_000;

    /// <summary>
    /// Codes are brought to mean 0 and deviation 1 (those of the labelled examples), the L2 weight is that under which
    /// held-out labels are likeliest, and the classifier is fitted to all labelled examples with it. The test examples
    /// are looked at once, at the end.
    /// </summary>
    /// <param name="codes">(N, J), labelled examples in a random order.</param>
    /// <param name="labels">(N), Int64.</param>
    /// <param name="testCodes">(M, J)</param>
    /// <param name="testLabels">(M), Int64.</param>
    /// <param name="classes">Labels are 0 to this minus 1.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">There are fewer labels than folds, or the codes differ in size.</exception>
    public static ProbeOutcome Measure(Tensor codes, Tensor labels, Tensor testCodes, Tensor testLabels, int classes,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(codes);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(testCodes);
        if (codes.Rank != 2 || testCodes.Rank != 2 || codes.Size(1) != testCodes.Size(1) || codes.Size(0) < Folds)
            throw new ArgumentException($"A probe takes at least {Folds} codes (N, J), and test codes of the same J.");
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var (x, mean, deviation) = TensorScope.Run(() => Standardised(codes.To(DType.Float64)));
            var (penalty, loss) = Choose(x, labels, classes, cancellation);
            var fit = LogisticRegression.Fit(x, labels, classes, penalty, cancellation: cancellation);
            var told = fit.LogProbabilities((testCodes.To(DType.Float64) - mean) / deviation).ArgMax(1); // (M)
            return new ProbeOutcome(Estimate.Of(told.Eq(testLabels).To(DType.Float64).ToArray<double>()), penalty,
                loss);
        }));
    }

    // A number that is the same in every example tells nothing: it becomes 0, and its weights stay 0.
    private static (Tensor X, Tensor Mean, Tensor Deviation) Standardised(Tensor codes)
    {
        var (deviation, mean) = codes.StdMean([0], unbiased: false);
        deviation = Ops.Where(deviation > 0, deviation, Tensor.Ones([1], DType.Float64));
        return ((codes - mean) / deviation, mean, deviation);
    }

    private static (double Penalty, double Loss) Choose(Tensor x, Tensor labels, int classes,
        CancellationToken cancellation)
    {
        var count = (int)x.Size(0);
        var folds = Enumerable.Range(0, count < ManyLabels ? Folds : 1).Select(fold =>
        {
            var (from, to) = ((long)count * fold / Folds, (long)count * (fold + 1) / Folds);
            Tensor Held(Tensor all) => all.Narrow(0, from, to - from);
            Tensor Rest(Tensor all) => from == 0 ? all.Narrow(0, to, count - to)
                : Ops.Cat([all.Narrow(0, 0, from), all.Narrow(0, to, count - to)]);
            return (X: Rest(x), Y: Rest(labels), HeldX: Held(x), HeldY: Held(labels));
        }).ToList();

        var (best, bestLoss) = (Penalties[0], double.PositiveInfinity);
        var fits = new LogisticRegression?[folds.Count];
        foreach (var penalty in Penalties)
        {
            var loss = 0.0; // of each label once
            for (var f = 0; f < folds.Count; f++)
            {
                var (foldX, y, heldX, heldY) = folds[f];
                var fit = fits[f] = LogisticRegression.Fit(foldX, y, classes, penalty, fits[f],
                    cancellation: cancellation);
                loss -= TensorScope.Run(() =>
                    fit.LogProbabilities(heldX).Gather(1, heldY.Unsqueeze(1)).Sum().ToDouble());
            }

            loss /= folds.Sum(fold => fold.HeldY.Size(0));
            if (!(loss < bestLoss)) break;
            (best, bestLoss) = (penalty, loss);
        }

        return (best, bestLoss);
    }
}
