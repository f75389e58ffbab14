// Gradient-Based Learning Applied to Document Recognition. Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 1998.
// https://doi.org/10.1109/5.726791
//
//   p(y|x) = softmax(W f(x) + b)_y,      minimise  -log p(y|x)
//
// A classifier that serves as a judge of samples: its f(x) are the features in which distances are measured, its p(y|x)
// tells classes, modes and the agreement of an image with the label that was asked for.
//
// As in the paper (LeNet-5): two convolutions of 5x5, each followed by a pooling that halves the sides, then fully
// connected layers. Deviations: rectifiers and maxima instead of saturated units and trainable means, more maps, one
// hidden layer instead of two, dropout (Srivastava et al. 2014), a softmax instead of radial units, and training images
// that are moved by a few pixels (the paper distorts them: section III.C).
using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Recognition;

/// <summary>Options of the convolutional classifier.</summary>
public sealed record LeNetOptions : ModelOptions
{
    /// <summary>Classes that are told apart; the data's labels are 0 to this minus 1.</summary>
    [Range(2, 100_000)]
    public int Classes { get; init; } = 10;

    /// <summary>Maps of the first convolution; the second has twice as many.</summary>
    [Range(1, 1024)]
    public int Channels { get; init; } = 16;

    /// <summary>J, the units of the hidden layer: the numbers of an image's features.</summary>
    [Range(1, 16384)]
    public int Features { get; init; } = 128;

    /// <summary>Share of the features that each training image does without.</summary>
    [Range(0.0, 0.95)]
    public double Dropout { get; init; } = 0.5;

    /// <summary>Pixels by which a training image is moved at most, in both directions.</summary>
    [Range(0, 64)]
    public int Shift { get; init; } = 2;
}

/// <summary>The classifier: features f(x) and the logits W f(x) + b.</summary>
public sealed partial class LeNet : Module, IRecognizesClasses
{
    private readonly Sequential convolutions; // (B, C, H, W) -> (B, 2 channels, H/4, W/4)
    private readonly Linear hidden;
    private readonly Dropout dropout;
    private readonly Linear output;

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image; both sides at least 4.</param>
    /// <param name="rng">Draws the initial weights.</param>
    /// <exception cref="ArgumentException">The images are too small to be halved twice.</exception>
    public LeNet(LeNetOptions options, ImageShape shape, Rng rng)
    {
        if (shape.Height < 4 || shape.Width < 4)
            throw new ArgumentException($"lenet halves its images twice: {shape} is too small.");
        var (channels, maps) = (options.Channels, 2 * options.Channels);
        (Classes, FeatureSize) = (options.Classes, options.Features);
        convolutions = new Sequential(
            new Conv2d(shape.Channels, channels, 5, rng, padding: 2), new Relu(), new MaxPool2d(2),
            new Conv2d(channels, maps, 5, rng, padding: 2), new Relu(), new MaxPool2d(2));
        hidden = new Linear(maps * (shape.Height / 2 / 2) * (shape.Width / 2 / 2), FeatureSize, rng);
        dropout = new Dropout(options.Dropout);
        output = new Linear(FeatureSize, Classes, rng);
    }

    public int Classes { get; }

    public int FeatureSize { get; }

    public Tensor Features(Tensor images) => hidden.Call(convolutions.Call(images).Flatten(1)).Relu(); // f(x), (B, J)

    public Tensor Logits(Tensor images) => output.Call(Features(images)); // W f(x) + b

    /// <summary>Logits of training images, whose features are dropped at random.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="rng">Draws which.</param>
    /// <returns>(B, classes)</returns>
    public Tensor Logits(Tensor images, Rng rng) => output.Call(dropout.Call(Features(images), rng));
}

/// <summary>Trains the classifier on moved images: gradient descent on the mean of -log p(y|x).</summary>
/// <param name="net">The classifier.</param>
/// <param name="optimizer">Of all its parameters.</param>
/// <param name="shift">Pixels by which images are moved at most.</param>
public sealed class LeNetTask(LeNet net, Optimizer optimizer, int shift) : ITrainingTask
{
    private readonly Player player = new("classifier", optimizer, net);

    public Module Module => net;

    public IReadOnlyList<Player> Players => [player];

    public void Step(Batch batch, StepContext step)
    {
        var y = batch.LabelsFor(net.Classes)!; // (B)
        var x = shift == 0 ? batch.Images : RandomShift.Apply(batch.Images, shift, shift, step.Rng);
        step.Minimize(player, () =>
        {
            var logits = net.Logits(x, step.Rng); // (B, classes)
            step.Log("accuracy", logits.Detach().ArgMax(1).Eq(y).To(DType.Float32).Mean());
            return logits.CrossEntropy(y);
        });
    }
}
