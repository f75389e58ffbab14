using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>
/// The Inception score, exp of the mean of KL(p(y|x) || p(y)), p(y) the mean of p(y|x) (Salimans et al. 2016,
/// https://arxiv.org/abs/1606.03498): 1 where a classifier tells nothing, the number of classes where it is sure of
/// each sample and all classes come equally often. It never looks at data.
/// </summary>
public static class InceptionScore
{
    /// <summary>Parts whose scores are averaged, as in the paper.</summary>
    public const int Splits = 10;

    /// <summary>The score of all samples as one part.</summary>
    /// <param name="logits">(N, C), of a classifier.</param>
    public static double Of(Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var logP = logits.To(DType.Float64).LogSoftmax(1); // log p(y|x), (N, C)
            var marginal = logP.LogSumExp(0, keepdim: true) - Math.Log(logits.Size(0)); // log p(y), (1, C)
            return Math.Exp((logP.Exp() * (logP - marginal)).Sum([1]).Mean().ToDouble());
        }));
    }

    /// <summary>The mean over ten parts, and its standard error over them (the paper prints their standard deviation,
    /// which is 3.2 times this).</summary>
    /// <param name="logits">(N, C), N at least the parts.</param>
    public static Estimate OverSplits(Tensor logits)
    {
        ArgumentNullException.ThrowIfNull(logits);
        var count = logits.Size(0);
        if (count < Splits) throw new ArgumentException($"An Inception score takes at least {Splits} samples.");
        return Estimate.Of([.. Enumerable.Range(0, Splits).Select(part => TensorScope.Run(() =>
        {
            var (from, to) = (count * part / Splits, count * (part + 1) / Splits);
            return Of(logits.Narrow(0, from, to - from));
        }))]) with
        { Count = (int)count };
    }
}
