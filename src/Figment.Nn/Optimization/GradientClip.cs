using Figment.Torch;

namespace Figment.Nn;

/// <summary>Limits gradients in place, without waiting for the device.</summary>
public static class GradientClip
{
    /// <summary>Scales all gradients together so that their norm is at most a limit.</summary>
    /// <param name="parameters">Those without a gradient are passed over.</param>
    /// <param name="maxNorm">The limit, above 0.</param>
    /// <param name="normType">The norm's order p; infinity for the largest absolute value.</param>
    /// <returns>The norm before: a scalar tensor in the caller's scope.</returns>
    public static Tensor ByNorm(IEnumerable<Parameter> parameters, double maxNorm, double normType = 2)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNorm);
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var gradients = Gradients(parameters);
            if (gradients.Count == 0)
                return Tensor.Scalar(0);
            var norms = Ops.Stack([.. gradients.Select(g => double.IsPositiveInfinity(normType)
                ? g.Abs().Max()
                : g.Norm(normType))]);
            var norm = double.IsPositiveInfinity(normType) ? norms.Max() : norms.Norm(normType);
            var scale = (maxNorm / (norm + 1e-6)).ClampMax(1);
            foreach (var gradient in gradients)
                gradient.MulInPlace(scale);
            return norm;
        }));
    }

    /// <summary>Clamps every element of every gradient to [-limit, limit].</summary>
    public static void ByValue(IEnumerable<Parameter> parameters, double limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            foreach (var gradient in Gradients(parameters))
                gradient.ClampInPlace((Scalar)(-limit), (Scalar)limit);
        }));
    }

    private static List<Tensor> Gradients(IEnumerable<Parameter> parameters) =>
        [.. parameters.Select(parameter => parameter.Grad).OfType<Tensor>()];
}
