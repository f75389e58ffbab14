// A density of each class as a classifier: Bayes' rule.
//
//   y* = argmax_y p(x|y) p(y),   p(y) = n_y / n, the share of class y among the training images
//
// The densities need not know that they will be asked for classes: what they learn is p(x|y), class by class.
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>Tells classes apart by the densities that a model gives to each.</summary>
public static class BayesClassifier
{
    /// <summary>The likeliest class of each image.</summary>
    /// <param name="model">Gives log p(x|y).</param>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="classShares">p(y), one for each class; a class of share 0 is never answered.</param>
    /// <returns>(B), Int64.</returns>
    public static Tensor Classify(IKnowsClasses model, Tensor images, IReadOnlyList<double> classShares)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(classShares);
        ArgumentOutOfRangeException.ThrowIfNotEqual(classShares.Count, model.Classes, nameof(classShares));
        var b = images.Size(0);
        var scores = classShares.Select((share, y) =>
            model.LogLikelihoodOf(images, Tensor.Full([b], y, DType.Int64, images.Device))
                .To(DType.Float64) + Math.Log(share));
        return Ops.Stack([.. scores], 1).ArgMax(1); // (B, classes) -> (B)
    }
}
