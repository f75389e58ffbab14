using System.Globalization;
using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models;

/// <summary>What a person needs to choose a model, and what the program needs to make it.</summary>
public sealed record ModelCard
{
    /// <summary>The name in commands and files, for example <c>conv-vae</c>.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>Authors, title, year.</summary>
    public required string Paper { get; init; }

    public required Uri Link { get; init; }

    /// <summary>One sentence: what the model is and when to choose it.</summary>
    public required string Summary { get; init; }

    /// <summary>The folder of the family: Latent, Density, ...</summary>
    public required string Family { get; init; }

    /// <summary>The options, each at its default.</summary>
    public required ModelOptions Defaults { get; init; }

    /// <summary>The class of the model; what it can do is the interfaces it has.</summary>
    public required Type Model { get; init; }

    public required IReadOnlyList<Preset> Presets { get; init; }

    /// <summary>One example, for which the model is described where no data are named.</summary>
    public ImageShape Example { get; init; } = new(1, 28, 28);

    /// <summary>Makes the model for images of one shape, with weights drawn from the generator.</summary>
    public required Func<ModelOptions, ImageShape, Rng, Module> Create { get; init; }

    /// <summary>Makes the training task; optimisers are made for named parameters by the function given.</summary>
    public required Func<ModelOptions, Module, Func<Module, Optimizer>, ITrainingTask> Train { get; init; }

    public bool DrawsSamples => typeof(IDrawsSamples).IsAssignableFrom(Model);

    public bool ScoresExamples => typeof(IScoresExamples).IsAssignableFrom(Model);

    public bool CompletesImages => typeof(ICompletesImages).IsAssignableFrom(Model);

    public bool KnowsClasses => typeof(IKnowsClasses).IsAssignableFrom(Model);

    public bool DrawsClasses => typeof(IDrawsClasses).IsAssignableFrom(Model);

    public bool RecognizesClasses => typeof(IRecognizesClasses).IsAssignableFrom(Model);

    public bool DecodesCodes => typeof(IDecodesCodes).IsAssignableFrom(Model);

    public bool SortsImages => typeof(ISortsImages).IsAssignableFrom(Model);

    public bool EncodesImages => typeof(IEncodesImages).IsAssignableFrom(Model);
}

/// <summary>Settings with a name, what they should reach, and what they cost.</summary>
/// <param name="Id">The name in commands, for example <c>vae-mnist</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Source">Where the settings come from: the paper's table or section, or "ours".</param>
/// <param name="Options">The whole resolved configuration.</param>
/// <param name="Expectation">What <c>figment reproduce</c> checks; null where nothing is promised.</param>
/// <param name="Cost">Time alone on a machine of 2 cores.</param>
public sealed record Preset(string Id, string Summary, string Source, TrainOptions Options,
    Expectation? Expectation, string Cost);

/// <summary>A figure that a preset must reach.</summary>
/// <param name="Metric">As <c>figment evaluate --metric</c> has it, on the test split: <c>elbo</c>,
/// <c>log-likelihood</c>, <c>parzen</c>, <c>accuracy</c>, <c>agreement</c>, ...</param>
/// <param name="Bound">The smallest acceptable value (of a gain where <paramref name="Over"/> is given), or the largest
/// where <see cref="IsLimit"/>.</param>
/// <param name="Draws">Draws of the latent variables an example; of a measure of samples their number.</param>
/// <param name="Published">The published figure, in words and with its protocol.</param>
/// <param name="Over">The id of a preset: what is promised is the gain over its figure on the same examples. Null where
/// it is the figure itself.</param>
public sealed record Expectation(string Metric, double Bound, int Draws, string Published, string? Over = null)
{
    /// <summary>The figure's unit.</summary>
    public string Unit { get; init; } = "nats";

    /// <summary>Whether the figure must not exceed the bound: it is an error.</summary>
    public bool IsLimit { get; init; }

    /// <summary>Trainings with seeds from the preset's on, of whose figures the median counts. Odd.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>The preset of the classifier that judges the samples, where the metric needs one.</summary>
    public string? Extractor { get; init; }

    /// <summary>The promise in words: <c>at least -88.9 nats</c>, <c>at least 10 nats over
    /// gaussian-patches</c>, <c>at most 10 %, the median of 3 seeds</c>.</summary>
    public string Promise => string.Create(CultureInfo.InvariantCulture,
        $"at {(IsLimit ? "most" : "least")} {Bound}{(Unit.Length > 0 ? " " : "")}{Unit}{(
            Over is null ? "" : $" over {Over}")}{(Seeds > 1 ? $", the median of {Seeds} seeds" : "")}");

    /// <summary>Whether a figure keeps the promise.</summary>
    public bool IsKeptBy(double value) => IsLimit ? value <= Bound : value >= Bound;
}
