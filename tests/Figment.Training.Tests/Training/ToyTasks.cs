using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Nn;
using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Training.Tests.Training;

/// <summary>A small network with everything that has state: batch norm's buffers, dropout's and noise's
/// draws.</summary>
internal sealed partial class ToyNet : Module
{
    private readonly Linear first;
    private readonly BatchNorm1d norm;
    private readonly Linear second;

    public ToyNet(Rng rng)
    {
        first = new Linear(16, 24, rng);
        norm = new BatchNorm1d(24);
        second = new Linear(24, 16, rng);
    }

    public Tensor Call(Tensor x, Rng rng)
    {
        var h = norm.Call(first.Call(x)).Relu();
        if (IsTraining)
            h = h * (rng.Uniform(h.Shape) >= 0.1).To(h.DType);
        return second.Call(h + (rng.Normal(h.Shape) * 0.05));
    }
}

/// <summary>Learns to give its input back.</summary>
internal sealed class ToyTask : ITrainingTask, IDisposable
{
    private readonly ToyNet net;

    public ToyTask(ulong seed = 5, OptimizerOptions? optimizer = null)
    {
        using var rng = new Rng(seed);
        net = new ToyNet(rng);
        Players = [new Player("toy", (optimizer ?? new AdamOptimizerOptions { LearningRate = 0.01 }).Create(net), net)];
    }

    public Module Module => net;

    public IReadOnlyList<Player> Players { get; }

    /// <summary>Called before each step with its index: where tests let things go wrong.</summary>
    public Action<long>? Before { get; init; }

    /// <summary>Multiplies the loss of a step.</summary>
    public Func<long, double>? LossFactor { get; init; }

    public void Step(Batch batch, StepContext step)
    {
        Before?.Invoke(step.StepIndex);
        step.Minimize(Players[0], () =>
        {
            var x = batch.Images.Reshape(-1, 16);
            var loss = Loss.Mse(net.Call(x, step.Rng), x);
            step.Log("absolute", (x - x.Mean()).Abs().Mean());
            return LossFactor is null ? loss : loss * LossFactor(step.StepIndex);
        });
    }

    public void Dispose()
    {
        Players[0].Optimizer.Dispose();
        net.Dispose();
    }
}

/// <summary>One weight w with the loss that a test gives.</summary>
internal sealed partial class OneWeight : Module
{
    public OneWeight(double value) => Weight = new Parameter(Tensor.From([(float)value]));

    public Parameter Weight { get; }
}

internal sealed class OneWeightTask(double value, Func<Tensor, StepContext, Tensor> loss, OptimizerOptions optimizer)
    : ITrainingTask, IDisposable
{
    private readonly OneWeight module = new(value);
    private Player[]? players;

    public Module Module => module;

    public IReadOnlyList<Player> Players => players ??= [new Player("w", optimizer.Create(module), module)];

    public double Weight => module.Weight.ToArray<float>()[0];

    public void Step(Batch batch, StepContext step) => step.Minimize(Players[0], () => loss(module.Weight, step).Sum());

    public void Dispose()
    {
        Players[0].Optimizer.Dispose();
        module.Dispose();
    }
}

/// <summary>Two players that pull one way and the other.</summary>
internal sealed class DuelTask : ITrainingTask, IDisposable
{
    private readonly Duel duel = new();

    public DuelTask() => Players =
    [
        new Player("g", new Sgd(duel.Left, 0.5), duel.Left), new Player("d", new Sgd(duel.Right, 0.25), duel.Right),
    ];

    public Module Module => duel;

    public IReadOnlyList<Player> Players { get; }

    public (double Left, double Right) Weights =>
        (duel.Left.Weight.ToArray<float>()[0], duel.Right.Weight.ToArray<float>()[0]);

    public void Step(Batch batch, StepContext step)
    {
        step.Minimize(Players[1], () => -duel.Right.Weight.Sum());
        if (step.StepIndex % 2 == 1)
            step.Minimize(Players[0], () => duel.Left.Weight.Sum());
    }

    public void Dispose()
    {
        foreach (var player in Players)
            player.Optimizer.Dispose();
        duel.Dispose();
    }
}

internal sealed partial class Duel : Module
{
    public OneWeight Left { get; } = new(0);

    public OneWeight Right { get; } = new(0);
}

internal static class Toy
{
    /// <summary>70 pictures of 4x4: epochs of seven and a half batches of 10.</summary>
    public static MemoryImages Images { get; } = new("toy", new ImageShape(1, 4, 4), Pixels());

    public static DataLoader Loader(int batch = 10) =>
        new(Images, new LoaderOptions { BatchSize = batch, Seed = 3, Transform = new ImageTransform() });

    private static byte[] Pixels()
    {
        var pixels = new byte[75 * 16];
        new Random(1).NextBytes(pixels);
        return pixels;
    }
}
