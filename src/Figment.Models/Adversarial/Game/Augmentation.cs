using System.ComponentModel.DataAnnotations;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Adversarial.Game;

/// <summary>Changes of images that the discriminator sees, real and generated alike and with a gradient, so that few
/// images last longer and the generator learns none of the changes.</summary>
public abstract record Augmentation
{
    private protected Augmentation() { }

    /// <summary>Changes each image in a way of its own.</summary>
    /// <param name="x">(B, C, H, W) in [-1, 1].</param>
    /// <param name="rng">Draws the changes.</param>
    public abstract Tensor Apply(Tensor x, Rng rng);

    /// <summary>The augmentation in one game.</summary>
    /// <param name="device">Where the players are.</param>
    internal virtual Augmenter Begin(Device device) => new(this);
}

/// <summary>An augmentation in one game, with what it remembers of it.</summary>
internal class Augmenter(Augmentation augmentation)
{
    /// <summary>What a run that goes on must know again; null where nothing.</summary>
    public virtual Module? Memory => null;

    /// <summary>Changes each image in a way of its own.</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <param name="rng">Draws the changes.</param>
    public virtual Tensor Apply(Tensor x, Rng rng) => augmentation.Apply(x, rng);

    /// <summary>Called in each step of the discriminator.</summary>
    /// <param name="signs">Of real examples: 1 where it takes one for real, -1 where for generated, (B).</param>
    /// <param name="step">Logs.</param>
    public virtual void Watch(Tensor signs, StepContext step)
    {
    }
}

/// <summary>Images stay as they are.</summary>
public sealed record NoAugmentation : Augmentation
{
    public override Tensor Apply(Tensor x, Rng rng) => x;
}

/// <summary>Colour, shift and cut-out that can be differentiated (Zhao et al. 2020, https://arxiv.org/abs/2006.10738,
/// with its strengths).</summary>
public sealed record DifferentiableAugmentation : Augmentation
{
    /// <summary>Brightness by up to ±0.5, saturation by 0 to 2, contrast by 0.5 to 1.5 times.</summary>
    public bool Color { get; init; } = true;

    /// <summary>Longest shift as a share of the side; what comes in is 0 as in the authors' code, which is the middle
    /// grey of images in [-1, 1]. 0 for no shift.</summary>
    [Range(0.0, 0.5)]
    public double Translation { get; init; } = 0.125;

    /// <summary>Side of the square of zeros as a share of the image's. 0 for none.</summary>
    [Range(0.0, 1.0)]
    public double Cutout { get; init; } = 0.5;

    public override Tensor Apply(Tensor x, Rng rng)
    {
        if (Color) x = Colored(x, rng);
        if (Translation > 0) x = Shifted(x, rng);
        return Cutout > 0 ? Cut(x, rng) : x;
    }

    private static Tensor Colored(Tensor x, Rng rng)
    {
        var B = x.Size(0);
        x += rng.Uniform([B, 1, 1, 1], -0.5, 0.5);
        var grey = x.Mean([1], keepdim: true);
        x = grey + ((x - grey) * rng.Uniform([B, 1, 1, 1], 0, 2));
        var mean = x.Mean([1, 2, 3], keepdim: true);
        return mean + ((x - mean) * rng.Uniform([B, 1, 1, 1], 0.5, 1.5));
    }

    private Tensor Shifted(Tensor x, Rng rng) => RandomShift.Apply(x,
        (long)((x.Size(2) * Translation) + 0.5), (long)((x.Size(3) * Translation) + 0.5), rng);

    private Tensor Cut(Tensor x, Rng rng)
    {
        var (B, H, W) = (x.Size(0), x.Size(2), x.Size(3));
        var (h, w) = ((long)((H * Cutout) + 0.5), (long)((W * Cutout) + 0.5));
        // The square's centre may lie anywhere in the image, so that a part of it may lie outside.
        static Tensor Outside(Tensor centre, long side, long cut)
        {
            var place = Tensor.Arange(side, device: centre.Device).Unsqueeze(0) - centre + (cut / 2); // (B, side)
            return ((place < 0) | (place >= cut)).To(DType.Float32);
        }

        var rows = Outside(rng.Integers(0, H + 1 - (h % 2), [B, 1]), H, h).View(B, 1, H, 1);
        var columns = Outside(rng.Integers(0, W + 1 - (w % 2), [B, 1]), W, w).View(B, 1, 1, W);
        return x * (rows + columns).ClampMax(1); // 0 only where both rows and columns are inside
    }
}
