using Figment.Data;
using Figment.Training.Options;

namespace Figment.Training.Tests.Options;

public sealed class TrainOptionsTests
{
    private sealed record ToyModelOptions : ModelOptions
    {
        public int Latent { get; init; } = 20;
    }

    private sealed record OtherModelOptions : ModelOptions;

    private static OptionFormat Format { get; } =
        TrainOptions.Format(("toy", new ToyModelOptions()), ("other", new OtherModelOptions()));

    private static TrainOptions Preset { get; } = new() { Model = new ToyModelOptions() };

    [Fact]
    public void The_whole_tree_reads_and_writes()
    {
        var options = Format.Read(Preset, "model: { latent: 2 }\ndata: { source: ./photos, size: 64, fit: pad }",
            sets: ["optimizer=adamw", "optimizer.weight-decay=0.1", "plan.schedule=cosine", "data.binarize=dynamic"]);
        Assert.Equal(new ToyModelOptions { Latent = 2 }, options.Model);
        Assert.Equal(("./photos", 64, ImageFit.Pad), (options.Data.Source, options.Data.Size, options.Data.Fit));
        Assert.Equal(new AdamWOptimizerOptions { WeightDecay = 0.1 }, options.Optimizer);
        Assert.IsType<CosineScheduleOptions>(options.Plan.Schedule);
        var text = Format.Write(options);
        Assert.Equal(text, Format.Write(Format.Read(Preset, text)));
        Assert.Equal(["model", "data", "optimizer", "plan", "seed"],
            text.Split('\n').Where(l => l.Length > 0 && l[0] != ' ').Select(l => l.Split(':')[0]));
    }

    [Fact]
    public void Another_model_is_chosen_by_id()
    {
        Assert.IsType<OtherModelOptions>(Format.Read(Preset, "model: other").Model);
        var error = Assert.Throws<OptionsException>(() => Format.Read(Preset, null, sets: ["model.id=System.Object"]));
        Assert.Equal("--set model.id: model.id: 'System.Object' is not one of toy, other", error.Message);
    }

    [Fact]
    public void Descriptions_come_from_the_source()
    {
        var schema = Format.Schema("train", Preset);
        Assert.Equal("Examples in one step.",
            (string?)schema["properties"]!["plan"]!["properties"]!["batch"]!["description"]);
        Assert.Contains("  # Examples in one step.\n  batch: 128\n", Format.Write(Preset, comments: true));
    }

    [Theory]
    [InlineData("optimizer: { kind: sgd, nesterov: true }",
        "optimizer.nesterov: needs a momentum above 0 and no dampening")]
    [InlineData("optimizer: { kind: sgd, beta1: 0.5 }", "optimizer.beta1: unknown key")]
    [InlineData("optimizer: { learning-rate: -1 }", "optimizer.learning-rate: -1 is outside 0 to 1000")]
    [InlineData("data: { channels: 2 }", "data.channels: 2 is not one of 0, 1, 3")]
    [InlineData("data: { source: '' }", "data.source: must not be empty")]
    public void Faults_of_every_part_are_told(string yaml, string fault)
    {
        var error = Assert.Throws<OptionsException>(() => Format.Read(Preset, yaml));
        Assert.EndsWith(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_optimiser_kind_is_made()
    {
        using var module = new Training.OneWeight(1);
        foreach (var kind in (string[])["adam", "adamw", "sgd", "rmsprop", "adagrad"])
        {
            using var optimizer = Format.Read(Preset, null, sets: [$"optimizer={kind}"]).Optimizer.Create(module);
            Assert.Equal(kind, optimizer.GetType().Name.ToLowerInvariant());
            Assert.Equal(1e-3, optimizer.LearningRate);
        }
    }

    [Fact]
    public void Schedules_are_pure_functions_of_the_step()
    {
        var cosine = new CosineScheduleOptions { Warmup = 2, Floor = 0.5 }.ToFactor(6);
        Assert.Equal([0.5, 1, 1, 0.75, 0.5], new long[] { 0, 1, 2, 4, 6 }.Select(s => Math.Round(cosine(s), 12)));
        var root = new InverseSquareRootScheduleOptions { Warmup = 4 }.ToFactor(100);
        Assert.Equal([0.25, 1, 0.5], new long[] { 0, 3, 15 }.Select(root));
        Assert.Equal([1, 1], new long[] { 0, 9 }.Select(new ConstantScheduleOptions().ToFactor(10)));
    }
}
