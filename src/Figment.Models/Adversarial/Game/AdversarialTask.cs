using Figment.Data;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Adversarial.Game;

/// <summary>Trains two players in turn (Goodfellow et al. 2014, algorithm 1). A training step is one step of the
/// discriminator; each k-th is followed by one of the generator, on the examples that the discriminator just
/// saw.</summary>
public sealed class AdversarialTask : ITrainingTask
{
    private readonly IAdversaries model;
    private readonly GameOptions game;
    private readonly Player discriminator, generator;

    /// <param name="model">The players; a module.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="game">How they play.</param>
    public AdversarialTask(IAdversaries model, Func<Module, Optimizer> optimizer, GameOptions game)
    {
        (this.model, this.game) = (model, game);
        discriminator = new Player("discriminator", optimizer(model.Discriminator), model.Discriminator);
        generator = new Player("generator", optimizer(model.Generator), model.Generator);
        discriminator.Optimizer.LearningRate *= game.DiscriminatorRate;
    }

    public Module Module => (Module)model;

    public IReadOnlyList<Player> Players => [discriminator, generator];

    public void Step(Batch batch, StepContext step)
    {
        var real = model.Real(batch.Images);
        var y = batch.LabelsFor(model.Classes);
        var plays = (step.StepIndex + 1) % game.DiscriminatorSteps == 0 && step.IsActive(generator);
        var z = model.Noise(real.Size(0), step.Rng);
        var fake = plays ? model.Generate(z, y) : NoGrad.Run(() => model.Generate(z, y));

        step.Minimize(discriminator, () =>
        {
            var still = fake.Detach();
            var (ofReal, ofFake) = (Discriminate(real, y, step.Rng), Discriminate(still, y, step.Rng));
            Watch(step, game.Loss, (real, ofReal), (still, ofFake));
            var loss = game.Loss.Discriminator(ofReal, ofFake);
            var penalty = game.Restraint.Penalty(x => model.Discriminate(x, y, step.Rng), real, still, step.Rng,
                step.StepIndex);
            if (penalty is null) return loss;
            step.Log("discriminator/penalty", penalty);
            return loss + penalty;
        });
        if (step.IsActive(discriminator)) game.Restraint.AfterStep(model.Discriminator);

        if (!plays) return;
        model.Discriminator.Freeze(); // it only judges: its own gradient is not wanted
        step.Minimize(generator, () => game.Loss.Generator(Discriminate(fake, y, step.Rng)));
        model.Discriminator.Unfreeze();
    }

    /// <summary>Logs what tells a game that goes well from one that does not.</summary>
    /// <remarks><c>discriminator/right</c>: how often a real example scores above a generated one; 1/2 where they
    /// cannot be told apart. <c>discriminator/divergence</c>: what the loss estimates.
    /// <c>generator/diversity</c>: the variance of generated examples, pixel by pixel, over that of real ones; near 0
    /// where all are alike.</remarks>
    internal static void Watch(StepContext step, AdversarialLoss loss, (Tensor X, Tensor Score) real,
        (Tensor X, Tensor Score) fake) => NoGrad.Run(() =>
    {
        step.Log("discriminator/right", (real.Score > fake.Score).To(DType.Float32).Mean());
        if (loss.Divergence(real.Score, fake.Score) is { } divergence) step.Log("discriminator/divergence", divergence);
        if (real.X.Size(0) > 1)
            step.Log("generator/diversity", Spread(fake.X) / (Spread(real.X) + 1e-12));
    });

    private static Tensor Spread(Tensor x) => x.Flatten(1).Var([0], unbiased: false, keepdim: false).Mean();

    private Tensor Discriminate(Tensor x, Tensor? y, Rng rng) =>
        model.Discriminate(game.Augmentation.Apply(x, rng), y, rng);
}
