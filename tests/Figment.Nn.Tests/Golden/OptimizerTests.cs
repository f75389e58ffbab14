using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>
/// Every optimiser against PyTorch over 20 steps: parameters after each step, and the state after the last, to 1e-5.
/// </summary>
public partial class OptimizerTests : EngineTest
{
    private const int Steps = 20;
    private static readonly GoldenFile Golden = GoldenFile.Open("optimizers");

    private static readonly Dictionary<string, Func<Module, Optimizer>> Cases = new()
    {
        ["sgd"] = m => new Sgd(m, 0.1),
        ["sgd-decay"] = m => new Sgd(m, 0.1, new() { WeightDecay = 0.05 }),
        ["sgd-momentum"] = m => new Sgd(m, 0.05, new() { Momentum = 0.9 }),
        ["sgd-dampening"] = m => new Sgd(m, 0.05, new() { Momentum = 0.9, Dampening = 0.3, WeightDecay = 0.01 }),
        ["sgd-nesterov"] = m => new Sgd(m, 0.05, new() { Momentum = 0.8, Nesterov = true, WeightDecay = 0.01 }),
        ["sgd-maximize"] = m => new Sgd(m, 0.01, new() { Momentum = 0.5, Maximize = true }),
        ["adam"] = m => new Adam(m, 0.05),
        ["adam-decay"] = m => new Adam(m, 0.05, new() { Beta1 = 0.5, Beta2 = 0.9, Epsilon = 1e-6, WeightDecay = 0.1 }),
        ["adam-amsgrad"] = m => new Adam(m, 0.05, new() { Beta1 = 0.6, Beta2 = 0.8, AmsGrad = true }),
        ["adam-maximize"] = m => new Adam(m, 0.05, new() { Maximize = true }),
        ["adamw"] = m => new AdamW(m, 0.05),
        ["adamw-decay"] = m => new AdamW(m, 0.05, new() { Beta1 = 0.8, Beta2 = 0.95, WeightDecay = 0.2 }),
        ["adamw-amsgrad"] = m => new AdamW(m, 0.05, new() { Beta1 = 0.6, Beta2 = 0.8, AmsGrad = true }),
        ["rmsprop"] = m => new RmsProp(m, 0.02),
        ["rmsprop-centered"] = m => new RmsProp(m, 0.02, new() { Alpha = 0.9, Centered = true }),
        ["rmsprop-momentum"] = m =>
            new RmsProp(m, 0.02, new() { Alpha = 0.95, Momentum = 0.7, WeightDecay = 0.05, Epsilon = 1e-6 }),
        ["rmsprop-all"] = m =>
            new RmsProp(m, 0.02, new() { Alpha = 0.9, Momentum = 0.5, Centered = true, WeightDecay = 0.01 }),
        ["adagrad"] = m => new Adagrad(m, 0.2),
        ["adagrad-all"] = m =>
            new Adagrad(m, 0.2, new() { LearningRateDecay = 0.05, WeightDecay = 0.02, InitialAccumulator = 0.1 }),
        ["adam-cosine"] = m => new Adam(m, 0.05),
    };

    public static TheoryData<string> All => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void An_optimiser_agrees_with_PyTorch_over_20_steps(string name) => TensorScope.Run(() =>
    {
        using var problem = new Problem();
        using var optimizer = Cases[name](problem);
        var schedule = name == "adam-cosine" ? Schedule.Cosine(Steps, 0.1) : Schedule.Constant();
        var rate = optimizer.LearningRate;
        for (var step = 0; step < Steps; step++)
        {
            problem.Backward(step);
            optimizer.LearningRate = rate * schedule(step);
            optimizer.Step();
            for (var i = 0; i < 2; i++)
                Golden.AssertClose($"{name}/step{step:00}.{i}", problem.P[i]);
        }
        foreach (var (key, slot) in optimizer.StateDict())
        {
            if (!key.EndsWith(".step", StringComparison.Ordinal))
                Golden.AssertClose($"{name}/slot{key[1..]}", slot);
        }
        var expected = Golden.Keys.Where(key => key.StartsWith($"{name}/slot.", StringComparison.Ordinal)
            && !key.EndsWith(".step", StringComparison.Ordinal)).Select(key => "p" + key[(name.Length + 5)..]);
        Assert.Superset(expected.ToHashSet(), optimizer.StateDict().Keys.ToHashSet());
    });

    [Theory]
    [MemberData(nameof(All))]
    public void A_restored_optimiser_goes_on_to_the_bit(string name) => TensorScope.Run(() =>
    {
        using var unbroken = new Problem();
        using var first = Cases[name](unbroken);
        Run(unbroken, first, 0, 12);

        using var before = new Problem();
        using var stopped = Cases[name](before);
        Run(before, stopped, 0, 7);
        using var after = new Problem();
        after.LoadStateDict(before.StateDict());
        using var resumed = Cases[name](after);
        resumed.LoadStateDict(stopped.StateDict());
        Run(after, resumed, 7, 12);
        for (var i = 0; i < 2; i++)
            Assert.Equal(unbroken.P[i].ToArray<float>(), after.P[i].ToArray<float>());

        static void Run(Problem problem, Optimizer optimizer, int from, int to)
        {
            for (var step = from; step < to; step++)
            {
                problem.Backward(step);
                optimizer.Step();
            }
        }
    });

    [Theory]
    [InlineData("norm", 1.5, 2.0)]
    [InlineData("norm-loose", 1e3, 2.0)]
    [InlineData("norm-inf", 0.4, double.PositiveInfinity)]
    [InlineData("norm-1", 2.0, 1.0)]
    public void Clipping_by_norm_agrees_with_PyTorch(string name, double limit, double type) => TensorScope.Run(() =>
    {
        using var problem = new Problem();
        problem.Backward(0);
        var norm = GradientClip.ByNorm(problem.Parameters(), limit, type);
        Golden.AssertClose($"clip-{name}/norm", norm);
        for (var i = 0; i < 2; i++)
            Golden.AssertClose($"clip-{name}/grad.{i}", problem.P[i].Grad!);
    });

    [Fact]
    public void Clipping_by_value_agrees_with_PyTorch() => TensorScope.Run(() =>
    {
        using var problem = new Problem();
        problem.Backward(0);
        GradientClip.ByValue(problem.Parameters(), 0.3);
        for (var i = 0; i < 2; i++)
            Golden.AssertClose($"clip-value/grad.{i}", problem.P[i].Grad!);
    });

    [Theory]
    [InlineData("average", false)]
    [InlineData("warm", true)]
    public void The_moving_average_agrees_with_its_formula(string name, bool warmUp) => TensorScope.Run(() =>
    {
        using var problem = new Problem();
        using var optimizer = new Sgd(problem, 0.1);
        using var ema = new Ema(problem, 0.9, warmUp);
        for (var step = 0; step < Steps; step++)
        {
            problem.Backward(step);
            optimizer.Step();
            ema.Update();
        }
        for (var i = 0; i < 2; i++)
            Golden.AssertClose($"ema/{name}.{i}", ema.StateDict()[$"p.{i}"]);
    });

    [Theory]
    [InlineData("constant")]
    [InlineData("step")]
    [InlineData("cosine")]
    [InlineData("linear-warmup")]
    [InlineData("inverse-sqrt")]
    [InlineData("warmup-cosine")]
    public void A_schedule_agrees_with_PyTorch(string name)
    {
        var schedule = name switch
        {
            "constant" => Schedule.Constant(),
            "step" => Schedule.Step(7, 0.3),
            "cosine" => Schedule.Cosine(20, 0.1),
            "linear-warmup" => Schedule.LinearWarmup(8),
            "inverse-sqrt" => Schedule.InverseSqrt(6),
            _ => Schedule.LinearWarmup(5, Schedule.Cosine(20)),
        };
        var expected = Golden.Doubles[$"schedule-{name}"];
        for (var step = 0; step < expected.Length; step++)
            Assert.Equal(expected[step], schedule(step), 1e-12);
    }

    /// <summary>The loss of optimizers.py: a quadratic with noise that differs from step to step.</summary>
    private sealed partial class Problem : Module
    {
        private readonly float[][] targets = [Numbers(-1, 1, 3, 3, 4), Numbers(-1, 1, 4, 5)];
        private readonly float[][] scales = [Numbers(0.5, 2, 5, 3, 4), Numbers(0.5, 2, 6, 5)];

        public IReadOnlyList<Parameter> P { get; } =
            [new(GoldenNumbers.Uniform(1, [3, 4])), new(GoldenNumbers.Uniform(2, [5]))];

        public void Backward(int step) => TensorScope.Run(() =>
        {
            ZeroGrad();
            var loss = P.Select((p, i) =>
            {
                var noise = GoldenNumbers.Uniform((uint)(1000 + (10 * step) + i), p.Shape.ToArray());
                var distance = p - Tensor.From(targets[i], p.Shape);
                return (distance.Square() * Tensor.From(scales[i], p.Shape)).Sum() / 2 + (p * noise).Sum();
            }).Aggregate((a, b) => a + b);
            loss.Backward();
        });

        private static float[] Numbers(double low, double high, uint seed, params long[] shape) =>
            GoldenNumbers.Uniform(seed, shape, low, high).ToArray<float>();
    }
}
