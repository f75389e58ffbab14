using Figment.Torch;

namespace Figment.Nn;

/// <summary>The largest of several linear maps, unit by unit (Goodfellow et al. 2013): (..., in) to
/// (..., out).</summary>
/// <param name="inFeatures">Numbers coming in.</param>
/// <param name="outFeatures">Numbers going out.</param>
/// <param name="pieces">Linear maps of each.</param>
/// <param name="rng">Draws the initial weights.</param>
public sealed partial class Maxout(long inFeatures, long outFeatures, int pieces, Rng rng) : Layer
{
    private readonly Linear linear = new(inFeatures, outFeatures * pieces, rng);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        linear.Call(input).View([.. input.Shape[..^1], outFeatures, pieces]).Amax(-1);
}
