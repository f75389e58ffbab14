using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>The arithmetic of equation 3 of van den Oord et al. 2016, which both PixelRNNs share.</summary>
internal static class LstmGates
{
    /// <summary>K_is: 2h features of the map to the gates o, f, i, g of h features each, 1 x kernel, mask B. The forget
    /// gates' biases start one higher, so that a fresh cell remembers.</summary>
    public static MaskedConv2d Input(int hidden, int kernel, int channels, Rng rng)
    {
        var input = new MaskedConv2d(2 * hidden, 4 * hidden, (1, kernel), MaskKind.B, rng, channels, parts: 4);
        NoGrad.Run(() => { input.Bias!.Narrow(0, hidden, hidden).AddInPlace(1.0); });
        return input;
    }

    /// <summary>K_ss, (4h, h, kernel): earlier states belong to earlier pixels, so nothing is masked.</summary>
    public static Parameter State(int hidden, int kernel, Rng rng)
    {
        var weight = new Parameter(Tensor.Empty([4 * hidden, hidden, kernel]));
        var bound = 1 / Math.Sqrt(hidden * kernel);
        Init.Uniform(weight, rng, -bound, bound);
        return weight;
    }

    /// <summary>c = f c' + i g, h = o tanh(c).</summary>
    /// <param name="gates">o, f, i, g before their nonlinearities, (..., 4h).</param>
    /// <param name="c">c', (..., h); null stands for zeros.</param>
    public static (Tensor H, Tensor C) Step(Tensor gates, Tensor? c)
    {
        var h = gates.Size(-1) / 4;
        var ofi = gates.Narrow(-1, 0, 3 * h).Sigmoid().Chunk(3, -1);
        var (o, f, i, g) = (ofi[0], ofi[1], ofi[2], gates.Narrow(-1, 3 * h, h).Tanh());
        var next = c is null ? i * g : (f * c).Addcmul(i, g);
        return (o * next.Tanh(), next);
    }
}
