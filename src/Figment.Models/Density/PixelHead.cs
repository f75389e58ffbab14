using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>The end of a PixelRNN (van den Oord et al. 2016, table 1): two layers of ReLU and 1x1 convolution, then a
/// ReLU and the maps. All masks are B. Takes maps with features last, so that places may lie in any order.</summary>
internal sealed partial class PixelHead(int inputs, int features, int channels, LevelMaps maps, Rng rng) : Layer
{
    private readonly MaskedConv2d one = new(inputs, features, 1, MaskKind.B, rng, channels);
    private readonly MaskedConv2d two = new(features, features, 1, MaskKind.B, rng, channels);
    private readonly MaskedConv2d output = new(features, channels * maps.PerChannel, 1, MaskKind.B, rng, channels);

    /// <param name="x">(..., inputs)</param>
    /// <returns>(..., C * maps per channel)</returns>
    protected override Tensor Forward(Tensor x) =>
        output.AtEachPlace(two.AtEachPlace(one.AtEachPlace(x.Relu()).Relu()).Relu());
}

/// <summary>1x1 masked convolutions of maps that have their features last.</summary>
internal static class Pointwise
{
    /// <param name="convolution">1x1.</param>
    /// <param name="x">(..., in)</param>
    /// <returns>(..., out)</returns>
    public static Tensor AtEachPlace(this MaskedConv2d convolution, Tensor x) =>
        Ops.Linear(x, convolution.MaskedWeight().Flatten(1), convolution.Bias);
}
