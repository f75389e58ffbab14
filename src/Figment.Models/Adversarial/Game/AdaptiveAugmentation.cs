// Training Generative Adversarial Networks with Limited Data. T. Karras, M. Aittala, J. Hellsten, S. Laine,
// J. Lehtinen, T. Aila, 2020. https://arxiv.org/abs/2006.06676
//
//   r_t = E [ sign(D(x)) ] over real x: 0 where D tells nothing, 1 where it is sure of all            (equation 1)
//   p moves by a fixed amount every few minibatches, up where r_t is above its target, else down      (section 3)
//   each image gets each of the transforms of appendix B with probability p      (in AugmentationTransforms.cs)
//
// Deviations from the paper: p is kept from rising above 1, where it would change no image; of images that are not of
// three channels the hue stays; the authors' filters of noise and cut-outs, which they leave out of their own
// configuration "bgc", are left out.
using System.ComponentModel.DataAnnotations;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Adversarial.Game;

/// <summary>Blitting, geometry and colour, as often as the discriminator's overfitting asks for (Karras et al. 2020,
/// https://arxiv.org/abs/2006.06676).</summary>
public sealed record AdaptiveAugmentation : Augmentation
{
    /// <summary>Flips, turns by 90 degrees and shifts by whole pixels (appendix B, pixel blitting).</summary>
    public bool Blitting { get; init; } = true;

    /// <summary>Scales, stretches, rotations and shifts by parts of a pixel (general geometric transforms).</summary>
    public bool Geometry { get; init; } = true;

    /// <summary>Brightness, contrast and luma flip; hue and saturation too, of three channels (colour
    /// transforms).</summary>
    public bool Color { get; init; } = true;

    /// <summary>The r_t that p is moved for: with 0.6 four of five real examples score above the boundary.</summary>
    [Range(-1.0, 1.0)]
    public double Target { get; init; } = 0.6;

    /// <summary>Steps of the discriminator from one move of p to the next.</summary>
    [Range(1, 10_000)]
    public int Interval { get; init; } = 4;

    /// <summary>Real examples in which p can go from 0 to 1: what a move's size follows from.</summary>
    [Range(1, 1_000_000_000)]
    public int Images { get; init; } = 500_000;

    /// <summary>p at the start.</summary>
    [Range(0.0, 1.0)]
    public double Start { get; init; }

    /// <summary>Changes images as at the start of a game.</summary>
    public override Tensor Apply(Tensor x, Rng rng) =>
        Apply(x, Tensor.Scalar(Start, DType.Float64, x.Device), rng);

    internal override Augmenter Begin(Device device) =>
        new AdaptiveAugmenter(this, new OverfittingMemory(Start, device));

    /// <summary>Changes images, each by each transform with probability p.</summary>
    /// <param name="x">(B, C, H, W); the middle of the colours is 0.</param>
    /// <param name="p">One number.</param>
    /// <param name="rng">Draws the changes.</param>
    internal Tensor Apply(Tensor x, Tensor p, Rng rng)
    {
        if (Blitting) x = PixelBlitting.Apply(x, p, rng);
        if (Geometry) x = GeometricTransforms.Apply(x, p, rng);
        return Color ? ColorTransforms.Apply(x, p, rng) : x;
    }
}

/// <summary>p, and what it is moved by.</summary>
internal sealed partial class OverfittingMemory(double start, Device device) : Module
{
    /// <summary>p, one number.</summary>
    public Buffer P { get; } = new(Tensor.Scalar(start, DType.Float64, device));

    /// <summary>Since p was moved: the sum of sign(D(x)), and how many x; (2).</summary>
    public Buffer Signs { get; } = new(Tensor.Zeros([2], DType.Float64, device));
}

/// <summary>Watches the discriminator, and changes images as often as it should be made unsure.</summary>
internal sealed class AdaptiveAugmenter(AdaptiveAugmentation options, OverfittingMemory memory) : Augmenter(options)
{
    public override Module Memory => memory;

    public override Tensor Apply(Tensor x, Rng rng) => options.Apply(x, memory.P, rng);

    public override void Watch(Tensor signs, StepContext step) => NoGrad.Run(() =>
    {
        var seen = step.SumOverRanks(Ops.Stack([signs.Sum(DType.Float64), signs.OnesLike().Sum(DType.Float64)]));
        memory.Signs.AddInPlace(seen);
        step.Log("augmentation/overfitting", seen[0] / seen[1]);
        step.Log("augmentation/p", memory.P);
        if ((step.StepIndex + 1) % options.Interval != 0) return;
        var r = memory.Signs[0] / memory.Signs[1];
        var move = (r - options.Target).Sign() * memory.Signs[1] / options.Images;
        memory.P.AddInPlace(move).ClampInPlace(0, 1);
        memory.Signs.ZeroInPlace();
    });
}
