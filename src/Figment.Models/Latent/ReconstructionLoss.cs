using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>How far an autoencoder's output is from its image, and what the output's numbers mean.</summary>
public abstract record ReconstructionLoss
{
    private protected ReconstructionLoss() { }

    /// <summary>The loss of each image, summed over its pixels and channels.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <param name="maps">The decoder's numbers, (B, C, H, W).</param>
    /// <returns>(B)</returns>
    public abstract Tensor Of(Tensor x, Tensor maps);

    /// <summary>The output as an image.</summary>
    /// <param name="maps">(B, C, H, W)</param>
    /// <returns>(B, C, H, W) in [0, 1].</returns>
    public abstract Tensor Image(Tensor maps);
}

/// <summary>sum (x - y)^2, the output y as it is: with linear networks the loss of principal components.</summary>
public sealed record SquaredErrorLoss : ReconstructionLoss
{
    public override Tensor Of(Tensor x, Tensor maps) => (x - maps).Square().Sum([-3, -2, -1]);

    public override Tensor Image(Tensor maps) => maps.Clamp(0, 1);
}

/// <summary>-sum x log y + (1 - x) log (1 - y) with y = sigmoid(map): least at y = x for grey pixels too (Hinton and
/// Salakhutdinov 2006).</summary>
public sealed record CrossEntropyLoss : ReconstructionLoss
{
    public override Tensor Of(Tensor x, Tensor maps) => -Ops.BernoulliLogLikelihood(maps, x, 3);

    public override Tensor Image(Tensor maps) => maps.Sigmoid();
}
