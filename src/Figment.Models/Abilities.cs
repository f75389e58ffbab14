using System.Numerics;
using Figment.Models.Latent;
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
    /// <param name="mean">The mean of each example's distribution, which looks cleaner, instead of a draw from
    /// it.</param>
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

    /// <summary>Whether draws tighten the bound. A model of one code for each image has the same bound with any
    /// number.</summary>
    bool TightensWithDraws => true;

    /// <summary>log p(x) by importance sampling with <paramref name="draws"/> draws, itself a bound that tightens with
    /// their number (Burda et al. 2016, equation 8). Exact models ignore the draws.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>Nats, (B).</returns>
    Tensor LogLikelihood(Tensor images, Rng rng, int draws);
}

/// <summary>Gives log p(x) itself, pixel by pixel: log p(x) = sum_i log p(x_i | x_before i), no bound and no
/// sampling.</summary>
public interface IGivesDensity : IScoresExamples
{
    /// <summary>The exact log-probability of each pixel's value, given the pixels before it in the model's
    /// order.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>Nats, (B, C, H, W). A model that draws a pixel's channels jointly gives the joint's share in the first
    /// channel and zeros in the others. The sum over an image is log p(x).</returns>
    Tensor PixelLogProbabilities(Tensor images);

    Tensor IScoresExamples.LowerBound(Tensor images, Rng rng) => PixelLogProbabilities(images).Sum([-3, -2, -1]);

    Tensor IScoresExamples.LogLikelihood(Tensor images, Rng rng, int draws) =>
        PixelLogProbabilities(images).Sum([-3, -2, -1]);
}

/// <summary>Fills in what is missing of an image.</summary>
public interface ICompletesImages
{
    /// <summary>Says which masks can be completed exactly, that is by draws from p(missing | given).</summary>
    /// <param name="given">Height by width: true where the pixel is given.</param>
    /// <returns>Null if it can; otherwise why not and which masks or options would do.</returns>
    string? WhyNotCompletable(bool[,] given);

    /// <summary>Draws the missing pixels from their distribution given the others.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1]; the values of missing pixels do not matter.</param>
    /// <param name="given">Height by width: true where the pixel is given; the same for all images.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(B, C, H, W); given pixels are as they were, on the model's levels.</returns>
    /// <exception cref="ArgumentException">The mask cannot be completed; the message is
    /// <see cref="WhyNotCompletable"/>'s.</exception>
    Tensor Complete(Tensor images, bool[,] given, Rng rng);
}

/// <summary>Draws examples of a class that is asked for.</summary>
public interface IDrawsClasses
{
    /// <summary>Number of classes; labels are 0 to this minus 1. Zero where the model was made without
    /// classes.</summary>
    int Classes { get; }

    /// <summary>Draws from the model, one image for each label.</summary>
    /// <param name="labels">(count), Int64.</param>
    /// <returns>Images (count, C, H, W) in [0, 1].</returns>
    Tensor SampleOf(Tensor labels, Rng rng, bool mean);
}

/// <summary>Options of a model that learns from all training images, and from the labels of few. Its task finds these
/// beside each batch (<see cref="Figment.Data.Batch.Labelled"/>).</summary>
public interface ILearnsFromFewLabels
{
    /// <summary>Training images whose labels are learned from, drawn by the seed, as many of each class; 0 takes
    /// all.</summary>
    int Labelled { get; }
}

/// <summary>Draws from noise without its tails: less variety, and fewer poor examples.</summary>
public interface ITruncatesNoise
{
    /// <summary>Draws from the model, with numbers of the noise beyond the threshold drawn again.</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="labels">Classes, (count), Int64; null where the model has none, or to draw them too.</param>
    /// <param name="threshold">The largest size of a number of the noise, in its standard deviations; more than
    /// 0.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>Images (count, C, H, W) in [0, 1].</returns>
    Tensor SampleTruncated(int count, Tensor? labels, double threshold, Rng rng);
}

/// <summary>Sorts images into categories that it found without labels.</summary>
public interface ISortsImages
{
    /// <summary>Number of categories; they are 0 to this minus 1, in an order without meaning.</summary>
    int Categories { get; }

    /// <summary>log q(category|x) but for a constant of each image.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, categories)</returns>
    Tensor CategoryLogits(Tensor images);
}

/// <summary>A model of p(x|y), y a class, that gives it exactly.</summary>
public interface IKnowsClasses : IDrawsClasses
{
    /// <summary>log p(x|y).</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="labels">(B), Int64.</param>
    /// <returns>Nats, (B).</returns>
    Tensor LogLikelihoodOf(Tensor images, Tensor labels);
}

/// <summary>Says how many numbers describe its distribution: what a table of probabilities would need, however they are
/// stored. <c>figment models show</c> prints it.</summary>
public interface ICountsFreeParameters
{
    /// <summary>Numbers that may be chosen freely: n for n independent binary pixels, 2n - 1 for their Markov chain of
    /// order 1, 256^3 - 1 for one RGB pixel drawn jointly.</summary>
    BigInteger FreeParameters { get; }

    /// <summary>How the number comes about, in a few words: <c>784 pixels x (2 levels - 1)</c>.</summary>
    string FreeParameterRule { get; }
}

/// <summary>Gives the distribution of the code of an image, to be held to the prior N(0, I).</summary>
public interface IGivesPosterior
{
    /// <summary>q(z|x).</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    DiagonalGaussian Posterior(Tensor x);
}

/// <summary>Makes an image of a latent code. What has no way back finds the code of an image by search.</summary>
public interface IDecodesCodes
{
    /// <summary>Numbers in one code.</summary>
    int LatentSize { get; }

    /// <summary>The standard deviation of every number where the prior is N(0, sigma^2 I); null where there is no such
    /// prior.</summary>
    double? PriorSigma => null;

    /// <summary>The mean image of each code.</summary>
    /// <param name="z">(B, latent size).</param>
    /// <returns>(B, C, H, W) in [0, 1].</returns>
    Tensor Decode(Tensor z);
}

/// <summary>Makes images of codes that can be drawn: p(z), of whatever shape.</summary>
public interface IDrawsCodes : IDecodesCodes
{
    /// <summary>Draws from p(z).</summary>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(count, latent size)</returns>
    Tensor DrawCodes(long count, Rng rng);
}

/// <summary>Makes images of codes of which a part says the class, so that one can walk between classes as between other
/// codes.</summary>
public interface IDecodesClasses : IDrawsCodes, IDrawsClasses
{
    /// <summary>Where in a code the class stands; nowhere where the model was made without classes.</summary>
    Range ClassPart { get; }

    /// <summary>What stands there for each class: one 1 in as many numbers as there are classes, or an
    /// embedding.</summary>
    /// <param name="labels">(B), Int64.</param>
    /// <returns>(B, numbers of the class part)</returns>
    Tensor ClassCodes(Tensor labels);
}

/// <summary>Maps images to a latent code and back.</summary>
public interface IEncodesImages : IDecodesCodes
{
    /// <summary>The code's mean for each image.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, latent size).</returns>
    Tensor Encode(Tensor images);

    /// <summary>Encodes and decodes.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Draws the code from its distribution; null takes the mean.</param>
    Tensor Reconstruct(Tensor images, Rng? rng);
}

/// <summary>Tells the classes of images, and gives the features by which it does: a judge of what other models
/// draw.</summary>
public interface IRecognizesClasses
{
    /// <summary>Number of classes; they are 0 to this minus 1.</summary>
    int Classes { get; }

    /// <summary>log p(y|x) but for a constant of each image.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, classes)</returns>
    Tensor Logits(Tensor images);

    /// <summary>Numbers in the features of one image.</summary>
    int FeatureSize { get; }

    /// <summary>The last layer before the logits.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, feature size)</returns>
    Tensor Features(Tensor images);
}
