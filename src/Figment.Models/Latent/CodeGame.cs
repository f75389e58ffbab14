// The regularisation phase of Adversarial Autoencoders (A. Makhzani et al., 2015, https://arxiv.org/abs/1511.05644,
// section 2): an encoder against a discriminator that sees codes alone.
//
//   max_D  E_p(z) [ log D(z) ] + E_q(z) [ log(1 - D(z)) ]   and then   max_q  E_q(z) [ log D(z) ]
//
// p(z) is whatever is drawn as real: a Gaussian, a categorical distribution as one-hot vectors. One may play several
// such games with one encoder.
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Latent;

/// <summary>The two players of one game on codes, each with an optimiser of its own.</summary>
public sealed class CodeGame
{
    private static readonly NonSaturatingLoss loss = new();
    private readonly Sequential discriminator;
    private readonly string accuracy;

    /// <param name="discriminator">(B, numbers) to logits (B, 1) of being drawn from the prior.</param>
    /// <param name="encoder">Gives the codes that are judged.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="rate">Learning rate of both players, as a multiple of the optimiser's.</param>
    /// <param name="prefix">Before the players' names, where a task has several games.</param>
    public CodeGame(Sequential discriminator, Sequential encoder, Func<Module, Optimizer> optimizer, double rate,
        string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        this.discriminator = discriminator;
        Discriminator = new Player($"{prefix}discriminator", optimizer(discriminator), discriminator);
        Generator = new Player($"{prefix}generator", optimizer(encoder), encoder);
        Discriminator.Optimizer.LearningRate *= rate;
        Generator.Optimizer.LearningRate *= rate;
        accuracy = $"{Discriminator.Name}/accuracy";
    }

    /// <summary>Learns to tell codes from draws of the prior.</summary>
    public Player Discriminator { get; }

    /// <summary>The encoder, which learns to deceive it.</summary>
    public Player Generator { get; }

    /// <summary>The discriminator's step.</summary>
    /// <param name="step">Minimises and logs.</param>
    /// <param name="real">Draws from the prior, (B, numbers); called before <paramref name="fake"/>.</param>
    /// <param name="fake">Codes of images, (B, numbers); their gradient is not wanted.</param>
    public void Judge(StepContext step, Func<Tensor> real, Func<Tensor> fake)
    {
        ArgumentNullException.ThrowIfNull(step);
        step.Minimize(Discriminator, () =>
        {
            var logits = (Real: Logits(discriminator, real()), Fake: Logits(discriminator, NoGrad.Run(fake)));
            var right = (logits.Real > 0).To(DType.Float32) + (logits.Fake < 0).To(DType.Float32);
            step.Log(accuracy, right.Mean() / 2);
            return DiscriminatorLoss(logits.Real, logits.Fake);
        });
    }

    /// <summary>The encoder's step against the discriminator.</summary>
    /// <param name="step">Minimises and logs.</param>
    /// <param name="fake">Codes of images, (B, numbers), with their gradient.</param>
    public void Deceive(StepContext step, Func<Tensor> fake)
    {
        ArgumentNullException.ThrowIfNull(step);
        if (!step.IsActive(Generator)) return;
        discriminator.Freeze(); // it only judges: its own gradient is not wanted
        step.Minimize(Generator, () => GeneratorLoss(Logits(discriminator, fake())));
        discriminator.Unfreeze();
    }

    /// <summary>-log D(z) - log(1 - D(q(x))), the mean over codes.</summary>
    /// <param name="real">Logits of codes drawn from the prior, (B).</param>
    /// <param name="fake">Logits of images' codes, (B).</param>
    public static Tensor DiscriminatorLoss(Tensor real, Tensor fake) => loss.Discriminator(real, fake);

    /// <summary>-log D(q(x)), the mean over codes.</summary>
    /// <param name="fake">Logits of images' codes, (B).</param>
    public static Tensor GeneratorLoss(Tensor fake) => loss.Generator(fake);

    /// <summary>The logit of D of each code.</summary>
    /// <returns>(B)</returns>
    internal static Tensor Logits(Sequential discriminator, Tensor codes) => discriminator.Call(codes).Squeeze(1);
}
