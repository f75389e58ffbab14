using Figment.Data;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Density;

/// <summary>Maximum likelihood of any density by gradients: minimises the mean of -log p(x).</summary>
/// <param name="name">The player's name.</param>
/// <param name="model">What is trained.</param>
/// <param name="logProbability">log p(x), (B), of a batch.</param>
internal sealed class LikelihoodTask(string name, Module model, Optimizer optimizer,
    Func<Batch, StepContext, Tensor> logProbability) : ITrainingTask
{
    private readonly Player player = new(name, optimizer, model);

    public Module Module => model;

    public IReadOnlyList<Player> Players => [player];

    public void Step(Batch batch, StepContext step) => step.Minimize(player, () => -logProbability(batch, step).Mean());
}
