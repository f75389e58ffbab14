using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Figment.Training.Options;

namespace Figment.Training.Tests.Options;

internal enum Likelihood
{
    Bernoulli,
    FixedGaussian,
}

internal abstract record ShapeOptions;

internal sealed record FlatOptions : ShapeOptions
{
    [Description("Units of each hidden layer.")]
    [Range(1, 4096)]
    [Length(1, 8)]
    public IReadOnlyList<int> Hidden { get; init; } = [400];

    [Range(1, 512)]
    public int Latent { get; init; } = 20;

    public Likelihood Likelihood { get; init; }
}

internal sealed record ConvolutionOptions : ShapeOptions
{
    [AllowedValues(28, 32, 64)]
    public int Size { get; init; } = 28;

    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Dropout { get; init; } = 0.1;
}

internal sealed record SampleOptions
{
    [Description("The network.")]
    public ShapeOptions Model { get; init; } = new FlatOptions();

    public PlanOptions Plan { get; init; } = new() { Epochs = 2 };

    [Description("Seed of everything random.")]
    public ulong Seed { get; init; } = 42;

    public string Note { get; init; } = "";

    public string? Title { get; init; }

    public bool Fast { get; init; }

    public float Scale { get; init; } = 0.5f;

    public IReadOnlyList<TermOptions> Terms { get; init; } = [];

    [Browsable(false)]
    public string Hidden { get; init; } = "not an option";

    public int Computed => 3;
}

internal sealed record TermOptions
{
    public string Name { get; init; } = "term";

    [Range(0.0, 10.0)]
    public double Weight { get; init; } = 1;
}

internal static class Sample
{
    public static OptionRegistry Registry { get; } = new OptionRegistry()
        .Add<ShapeOptions>("id", ("flat", new FlatOptions()), ("convolution", new ConvolutionOptions()))
        .Add<ScheduleOptions>("kind", ("constant", new ConstantScheduleOptions()), ("step", new StepScheduleOptions()),
            ("cosine", new CosineScheduleOptions()), ("inverse-square-root", new InverseSquareRootScheduleOptions()));

    public static OptionFormat Format { get; } = new(Registry);

    public static SampleOptions Read(string? yaml, params string[] sets) =>
        Format.Read(new SampleOptions(), yaml, "a.yaml", sets);

    public static string[] Faults(string? yaml, params string[] sets) =>
        [.. Assert.Throws<OptionsException>(() => Read(yaml, sets)).Faults.Select(f => f.ToString())];
}
