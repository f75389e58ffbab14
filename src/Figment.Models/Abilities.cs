using Figment.Torch;

namespace Figment.Models;

// What a model can do. Every verb of the command line and every panel of the studio hangs on one of these.
// Images are (B, C, H, W), Float32, in [0, 1]; latents are (B, latent size).

/// <summary>Draws new examples.</summary>
public interface IDrawsSamples
{
    /// <summary>Draws from the model.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="rng">Where the draw comes from; the same state gives the same samples.</param>
    /// <param name="mean">The mean of each example's distribution, which looks cleaner, instead of a draw from it.</param>
    /// <returns>Images (count, C, H, W) in [0, 1].</returns>
    Tensor Sample(int count, Rng rng, bool mean);
}

/// <summary>Gives log p(x), or a bound of it, of each example.</summary>
public interface IScoresExamples
{
    /// <summary>A lower bound on log p(x) from one draw of the latent variables (exact models give log p(x)).</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>Nats, (B).</returns>
    Tensor LowerBound(Tensor images, Rng rng);

    /// <summary>log p(x) by importance sampling with <paramref name="draws"/> draws, itself a bound that tightens with their number
    /// (Burda et al. 2016, equation 8). Exact models ignore the draws.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>Nats, (B).</returns>
    Tensor LogLikelihood(Tensor images, Rng rng, int draws);
}

/// <summary>Maps images to a latent code and back.</summary>
public interface IEncodesImages
{
    /// <summary>Numbers in one code.</summary>
    int LatentSize { get; }

    /// <summary>The code's mean for each image.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, latent size).</returns>
    Tensor Encode(Tensor images);

    /// <summary>The mean image of each code.</summary>
    /// <param name="z">(B, latent size).</param>
    /// <returns>(B, C, H, W) in [0, 1].</returns>
    Tensor Decode(Tensor z);

    /// <summary>Encodes and decodes.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Draws the code from its distribution; null takes the mean.</param>
    Tensor Reconstruct(Tensor images, Rng? rng);
}
