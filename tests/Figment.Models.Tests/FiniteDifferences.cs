using Figment.Nn;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>Gradients against central differences, in double precision.</summary>
internal static class FiniteDifferences
{
    /// <summary>Every number of every parameter: its gradient of the loss is the slope, and no parameter is without one.</summary>
    /// <param name="module">In Float64.</param>
    /// <param name="loss">The same at each call, as long as the parameters are.</param>
    public static void AssertMatch(Module module, Func<Tensor> loss)
    {
        TensorScope.Run(loss).Backward();
        foreach (var (path, parameter) in module.NamedParameters())
        {
            var gradient = parameter.Grad!.ToArray<double>();
            Assert.Contains(gradient, g => g != 0);
            for (var i = 0; i < gradient.Length; i++)
            {
                double At(double shift) => TensorScope.Run(() =>
                {
                    NoGrad.Run(() => { parameter.Detach().AsMutableSpan<double>()[i] += shift; });
                    return new { Value = loss().ToDouble() }.Value; // a penalty on slopes takes a gradient itself
                });
                const double h = 1e-5;
                var slope = (At(h) - At(-2 * h)) / (2 * h);
                At(h);
                Assert.True(Math.Abs(slope - gradient[i]) <= 1e-6 * Math.Max(1, Math.Abs(slope)), $"{path}[{i}]: {gradient[i]} but {slope} by finite differences");
            }
        }
    }
}
