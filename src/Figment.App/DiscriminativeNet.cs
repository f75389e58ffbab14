// The other way to a classifier: p(y|x) itself, by minimising its cross-entropy, without any p(x).
//
//   logistic   one linear layer: a logistic regression of ten classes
//   mlp        784-256-10 with ReLU
using Figment.Data;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.App;

/// <summary>Nets that are trained to tell classes apart.</summary>
internal static class DiscriminativeNet
{
    private const int Hidden = 256;

    /// <summary>A logistic regression.</summary>
    public static Sequential Logistic(int inputs, int classes, Rng rng) =>
        new(new Flatten(), new Linear(inputs, classes, rng));

    /// <summary>A net with one hidden layer.</summary>
    public static Sequential Mlp(int inputs, int classes, Rng rng) =>
        new(new Flatten(), new Linear(inputs, Hidden, rng), new Relu(), new Linear(Hidden, classes, rng));

    /// <summary>The likeliest class of each image.</summary>
    public static Tensor Classify(Sequential net, Tensor images) => net.Call(images).ArgMax(1);
}

/// <summary>Trains a net on labels: minimises the mean of -log p(y|x).</summary>
internal sealed class ClassificationTask(Sequential net, Optimizer optimizer) : ITrainingTask
{
    private readonly Player player = new("classifier", optimizer, net);

    public Module Module => net;

    public IReadOnlyList<Player> Players => [player];

    public void Step(Batch batch, StepContext step) =>
        step.Minimize(player, () => net.Call(batch.Images).CrossEntropy(batch.Labels!));
}
