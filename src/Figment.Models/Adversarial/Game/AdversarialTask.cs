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
    private readonly Augmenter augmenter;
    private readonly Player discriminator, generator;

    /// <param name="model">The players; a module.</param>
    /// <param name="optimizer">Makes a player's optimiser.</param>
    /// <param name="game">How they play.</param>
    public AdversarialTask(IAdversaries model, Func<Module, Optimizer> optimizer, GameOptions game)
    {
        (this.model, this.game) = (model, game);
        augmenter = game.Augmentation.Begin(model.Discriminator.Parameters()[0].Device);
        discriminator = new Player("discriminator", optimizer(model.Discriminator), model.Discriminator);
        generator = new Player("generator", optimizer(model.Generator), model.Generator);
        discriminator.Optimizer.LearningRate *= game.DiscriminatorRate;
    }

    public Module Module => (Module)model;

    public Module? Memory => augmenter.Memory;

    public IReadOnlyList<Player> Players => [discriminator, generator];

    public void Step(Batch batch, StepContext step)
    {
        var real = model.Real(batch.Images);
        var y = batch.LabelsFor(model.Classes);
        var plays = game.GeneratorPlays(step) && step.IsActive(generator);
        var z = model.Noise(real.Size(0), step.Rng);
        var fake = plays ? model.Generate(z, y) : NoGrad.Run(() => model.Generate(z, y));

        step.Minimize(discriminator, () =>
        {
            var still = fake.Detach();
            return game.DiscriminatorLoss(step, augmenter, x => model.Discriminate(x, y, step.Rng),
                (real, Discriminate(real, y, step.Rng)), (still, Discriminate(still, y, step.Rng)));
        });
        if (step.IsActive(discriminator)) game.Restraint.AfterStep(model.Discriminator);

        if (!plays) return;
        model.Discriminator.Freeze(); // it only judges: its own gradient is not wanted
        step.Minimize(generator, () =>
        {
            var loss = game.Loss.Generator(Discriminate(fake, y, step.Rng));
            return model.GeneratorPenalty() is { } penalty ? loss + penalty : loss;
        });
        model.Discriminator.Unfreeze();
    }

    private Tensor Discriminate(Tensor x, Tensor? y, Rng rng) =>
        model.Discriminate(augmenter.Apply(x, rng), y, rng);
}
