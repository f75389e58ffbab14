using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Adversarial.Game;

/// <summary>The two players of an adversarial game, as the training task needs them.</summary>
public interface IAdversaries
{
    /// <summary>G, with all its parameters.</summary>
    Module Generator { get; }

    /// <summary>D, with all its parameters.</summary>
    Module Discriminator { get; }

    /// <summary>Number of classes that the players are told; 0 for none.</summary>
    int Classes => 0;

    /// <summary>Real examples in the range of generated ones.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1], or as the data have them.</param>
    Tensor Real(Tensor images);

    /// <summary>Draws what the generator starts from, p(z).</summary>
    /// <param name="count">How many.</param>
    /// <param name="rng">Where the draw comes from.</param>
    /// <returns>(count, J)</returns>
    Tensor Noise(long count, Rng rng);

    /// <summary>G(z), or G(z, y).</summary>
    /// <param name="z">(B, J)</param>
    /// <param name="y">Classes, (B); null where the model has none.</param>
    Tensor Generate(Tensor z, Tensor? y);

    /// <summary>The discriminator's logit or score of each example.</summary>
    /// <param name="x">In the range of <see cref="Real"/>.</param>
    /// <param name="y">Classes, (B); null where the model has none.</param>
    /// <param name="rng">For layers that draw while training.</param>
    /// <returns>(B)</returns>
    Tensor Discriminate(Tensor x, Tensor? y, Rng rng);

    /// <summary>A term of the generator's loss that asks nothing of the discriminator; null for none.</summary>
    Tensor? GeneratorPenalty() => null;
}
