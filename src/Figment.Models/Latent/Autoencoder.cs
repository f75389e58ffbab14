// Reducing the Dimensionality of Data with Neural Networks. G. E. Hinton, R. R. Salakhutdinov, 2006.
// https://doi.org/10.1126/science.1127647
//
//   L(x) = loss(x, g(f(x)))          f the encoder, x to a code z of J numbers; g the decoder, z to y
//
// The loss is the squared error or the cross-entropy (ReconstructionLoss.cs). Two special cases:
//
//   linear       no hidden layer and the squared error. At the minimum the columns of g span the first J principal
//                components, and the error is the sum of the other eigenvalues of the data's covariance
//                (Baldi and Hornik 1989, https://doi.org/10.1016/0893-6080(89)90014-2)
//   denoising    L(x) = E_q(x~|x) [ loss(x, g(f(x~))) ]: a damaged image in, the whole one asked for
//                (Vincent et al. 2010, https://jmlr.org/papers/v11/vincent10a.html; Corruption.cs)
//
// Deviations from the papers: trained as a whole by Adam instead of layer by layer (restricted Boltzmann machines in
// 2006, stacked denoisers in 2010); f and g share no weights. There is no prior over codes, so nothing to draw from.
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Latent;

/// <summary>Options of the fully connected autoencoder.</summary>
public sealed record AutoencoderOptions : ModelOptions
{
    /// <summary>J, the numbers in the code z.</summary>
    [Range(1, 4096)]
    public int Latent { get; init; } = 32;

    /// <summary>Units of the encoder's hidden layers, first to last; the decoder has the same, reversed. Without any,
    /// encoder and decoder are linear.</summary>
    public IReadOnlyList<int> Hidden { get; init; } = [400];

    /// <summary>What follows each hidden layer; the code itself is linear.</summary>
    public Nonlinearity Nonlinearity { get; init; } = Nonlinearity.Sigmoid;

    /// <summary>The distance of image and output.</summary>
    public ReconstructionLoss Loss { get; init; } = new CrossEntropyLoss();

    /// <summary>What is done to the input in training; none is a plain autoencoder.</summary>
    public Corruption Noise { get; init; } = new NoCorruption();
}

/// <summary>The autoencoder: f, g and the loss between an image and g(f(x)).</summary>
public sealed partial class Autoencoder : Module, IEncodesImages
{
    private readonly Sequential encoder; // x (B, C, H, W) -> z (B, J)
    private readonly Sequential decoder; // z (B, J) -> maps (B, C, H, W)
    private readonly ReconstructionLoss loss;

    /// <param name="encoder">(B, C, H, W) to (B, J).</param>
    /// <param name="decoder">(B, J) to (B, C, H, W).</param>
    /// <param name="loss">What the decoder's numbers mean.</param>
    /// <param name="latentSize">J, the numbers in one code.</param>
    public Autoencoder(Sequential encoder, Sequential decoder, ReconstructionLoss loss, int latentSize) =>
        (this.encoder, this.decoder, this.loss, LatentSize) = (encoder, decoder, loss, latentSize);

    /// <summary>J, the numbers in one code.</summary>
    public int LatentSize { get; }

    /// <summary>The fully connected networks.</summary>
    /// <param name="options">Sizes and loss.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public static Autoencoder FullyConnected(AutoencoderOptions options, ImageShape shape, Rng rng)
    {
        var networks = CodingNetworks.FullyConnected(shape, options.Hidden, options.Nonlinearity, options.Latent,
            options.Latent, 1, rng);
        return new Autoencoder(networks.Encoder, networks.Decoder, options.Loss, options.Latent);
    }

    /// <summary>The loss of each image.</summary>
    /// <param name="x">What is asked for, (B, C, H, W) in [0, 1].</param>
    /// <param name="input">What is encoded: x itself, or x~ of a denoising autoencoder.</param>
    /// <returns>(B)</returns>
    public Tensor Loss(Tensor x, Tensor input) => loss.Of(x, decoder.Call(encoder.Call(input)));

    public Tensor Encode(Tensor images) => encoder.Call(images);

    public Tensor Decode(Tensor z) => loss.Image(decoder.Call(z));

    // The code of an image is one point, so there is nothing to draw.
    public Tensor Reconstruct(Tensor images, Rng? rng) => Decode(Encode(images));
}

/// <summary>Trains an autoencoder: gradient descent on the mean loss of a batch.</summary>
/// <param name="autoencoder">The networks.</param>
/// <param name="optimizer">Of all their parameters.</param>
/// <param name="noise">q(x~|x).</param>
public sealed class AutoencoderTask(Autoencoder autoencoder, Optimizer optimizer, Corruption noise) : ITrainingTask
{
    private readonly Player player = new("autoencoder", optimizer, autoencoder);

    public Module Module => autoencoder;

    public IReadOnlyList<Player> Players => [player];

    public void Step(Batch batch, StepContext step) => step.Minimize(player, () =>
        autoencoder.Loss(batch.Images, noise.Apply(batch.Images, step.Rng)).Mean());
}
