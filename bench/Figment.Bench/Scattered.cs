using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>Weights of models of text, which need full variance to learn: the twin of scattered.py's fill.</summary>
internal static class Scattered
{
    /// <summary>Weights of standard deviation fan^-1/2 in the order of their declaration, gains near 1.</summary>
    public static void Fill(Module module)
    {
        foreach (var (k, (path, p)) in module.NamedParameters().Index())
        {
            TensorScope.Run(() => NoGrad.Run(() =>
            {
                var x = (Formula.Unit(p.Shape, 0.3 + k) * 2) - 1;
                p.CopyInPlace(p.Rank > 1 ? x * Math.Sqrt(3.0 * p.Size(0) / p.Count)
                    : path.EndsWith("weight", StringComparison.Ordinal) ? 1 + (0.1 * x) : 0.1 * x);
            }));
        }
    }
}
