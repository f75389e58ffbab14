using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Recognition;

/// <summary>What follows a normalised convolution.</summary>
internal enum Rectifier
{
    None,
    Relu,
    Relu6,
}

/// <summary>A convolution without bias, batch normalisation (eps 0.001, as in TensorFlow), a rectifier.</summary>
internal sealed partial class NormedConv : Layer
{
    private readonly Conv2d conv;
    private readonly BatchNorm2d bn;
    private readonly Rectifier after;

    public NormedConv(long from, long to, Size2 kernel, Rng rng, long stride = 1, Size2? padding = null,
        long groups = 1, Rectifier after = Rectifier.Relu)
    {
        conv = new Conv2d(from, to, kernel, rng, stride, padding, groups: groups, bias: false);
        bn = new BatchNorm2d(to, eps: 1e-3);
        this.after = after;
    }

    protected override Tensor Forward(Tensor input)
    {
        var y = bn.Call(conv.Call(input));
        return after switch { Rectifier.Relu => y.Relu(), Rectifier.Relu6 => y.Relu6(), _ => y };
    }
}
