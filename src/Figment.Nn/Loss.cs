using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Losses between predictions and targets. Unlike libtorch's own, they refuse shapes that would broadcast, which is
/// almost always a mistake.
/// </summary>
public static class Loss
{
    /// <summary>Binary cross entropy -(t log s(x) + (1 - t) log(1 - s(x))), s the sigmoid, computed safely.</summary>
    /// <param name="logits">Any shape.</param>
    /// <param name="target">In [0, 1], the logits' shape.</param>
    /// <param name="weight">A weight for each element, broadcast.</param>
    /// <param name="posWeight">A weight for positive targets, broadcast.</param>
    /// <param name="reduction">Mean over elements by default.</param>
    public static Tensor BceWithLogits(Tensor logits, Tensor target, Tensor? weight = null, Tensor? posWeight = null,
        Reduction reduction = Reduction.Mean)
    {
        CheckShapes(logits, target, nameof(BceWithLogits));
        return logits.BinaryCrossEntropyWithLogits(target, weight, posWeight, reduction);
    }

    /// <summary>(x - t)^2.</summary>
    public static Tensor Mse(Tensor input, Tensor target, Reduction reduction = Reduction.Mean)
    {
        CheckShapes(input, target, nameof(Mse));
        return input.MseLoss(target, reduction);
    }

    /// <summary>|x - t|.</summary>
    public static Tensor L1(Tensor input, Tensor target, Reduction reduction = Reduction.Mean)
    {
        CheckShapes(input, target, nameof(L1));
        return input.L1Loss(target, reduction);
    }

    /// <summary>(x - t)^2 / (2 beta) where |x - t| is below beta, |x - t| - beta / 2 elsewhere.</summary>
    public static Tensor SmoothL1(Tensor input, Tensor target, double beta = 1, Reduction reduction = Reduction.Mean)
    {
        CheckShapes(input, target, nameof(SmoothL1));
        return input.SmoothL1Loss(target, reduction, beta);
    }

    /// <summary>-log softmax(x)[t].</summary>
    /// <param name="logits">(B, classes) or (B, classes, ...).</param>
    /// <param name="target">Classes as Int64, (B) or (B, ...).</param>
    /// <param name="weight">(classes): a weight for each class.</param>
    /// <param name="reduction">Mean over targets (weighted, ignored ones left out) by default.</param>
    /// <param name="ignoreIndex">Targets of this class count nothing.</param>
    /// <param name="labelSmoothing">Share of the target's probability spread over all classes, in [0, 1].</param>
    public static Tensor CrossEntropy(Tensor logits, Tensor target, Tensor? weight = null,
        Reduction reduction = Reduction.Mean, long ignoreIndex = -100, double labelSmoothing = 0)
    {
        ArgumentNullException.ThrowIfNull(logits);
        return logits.CrossEntropy(target, weight, reduction, ignoreIndex, labelSmoothing);
    }

    /// <summary>(log v + (x - t)^2 / v) / 2 [+ log(2 pi) / 2 when full], v the variance, at least eps.</summary>
    /// <param name="input">The mean.</param>
    /// <param name="target">The mean's shape.</param>
    /// <param name="variance">The mean's shape, not negative; below eps it is taken as eps, with its gradient.</param>
    /// <param name="full">Whether to add the constant, which makes it -log N(t; x, v).</param>
    /// <param name="eps">The least variance.</param>
    /// <param name="reduction">Mean over elements by default.</param>
    public static Tensor GaussianNll(Tensor input, Tensor target, Tensor variance, bool full = false,
        double eps = 1e-6, Reduction reduction = Reduction.Mean)
    {
        CheckShapes(input, target, nameof(GaussianNll));
        CheckShapes(input, variance, nameof(GaussianNll));
        return TensorScope.Run(() =>
        {
            // Clamped by value only, as PyTorch does: the gradient reaches the variance everywhere.
            var v = variance + (variance.Detach().ClampMin(eps) - variance.Detach());
            var loss = (v.Log() + ((input - target).Square() / v)) * 0.5;
            return Reduce(full ? loss + (0.5 * Math.Log(2 * Math.PI)) : loss, reduction);
        });
    }

    private static Tensor Reduce(Tensor loss, Reduction reduction) => reduction switch
    {
        Reduction.Mean => loss.Mean(),
        Reduction.Sum => loss.Sum(),
        _ => loss,
    };

    private static void CheckShapes(Tensor input, Tensor target, string loss)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        if (!input.Shape.SequenceEqual(target.Shape))
            throw new ArgumentException($"{loss} takes two tensors of one shape, not "
                + $"[{string.Join(", ", input.Shape.ToArray())}] and [{string.Join(", ", target.Shape.ToArray())}].");
    }
}
