using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>
/// A learned number for each feature and pixel, added to a convolution's output. A convolution sees a window and cannot
/// tell where in the image it lies; with this its network can, and nothing about other pixels is given away.
/// </summary>
/// <param name="channels">Features of the output.</param>
/// <param name="shape">Of the image; only height and width count.</param>
public sealed partial class PositionMap(long channels, ImageShape shape) : Layer
{
    /// <summary>(1, channels, H, W); begins at 0, where it changes nothing.</summary>
    public Parameter Weight { get; } = new(Tensor.Zeros([1, channels, shape.Height, shape.Width]));

    /// <summary>One row of it, (1, channels, 1, W), for a sampler that goes row by row.</summary>
    internal Tensor Row(long i) => Weight.Narrow(2, i, 1).Detach();

    /// <param name="input">(B, channels, H, W)</param>
    /// <returns>The same shape.</returns>
    protected override Tensor Forward(Tensor input) => input + Weight;
}
