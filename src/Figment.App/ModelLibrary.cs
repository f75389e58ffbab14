using System.Globalization;
using Figment.Data.Images;
using Figment.Models;
using Figment.Nn;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.App;

/// <summary>A preset: settings with a name.</summary>
/// <param name="Id">The name in commands.</param>
/// <param name="Summary">One line.</param>
/// <param name="Source">Where the settings come from.</param>
/// <param name="Expectation">What <c>figment reproduce</c> checks, in words; null where nothing is promised.</param>
/// <param name="Cost">Time alone on 2 cores.</param>
public sealed record PresetSummary(string Id, string Summary, string Source, string? Expectation, string Cost);

/// <summary>A model, as a list shows it.</summary>
/// <param name="Id">The name in commands.</param>
/// <param name="Title">Its full name.</param>
/// <param name="Family">Latent, Density, ...</param>
/// <param name="Summary">What it is and when to choose it.</param>
/// <param name="Paper">Authors, title, year.</param>
/// <param name="Link">The paper's address.</param>
/// <param name="Verbs">What it can do, as verbs of the command line.</param>
/// <param name="Presets">Its presets.</param>
public sealed record ModelSummary(
    string Id, string Title, string Family, string Summary, string Paper, Uri Link, IReadOnlyList<string> Verbs,
    IReadOnlyList<PresetSummary> Presets);

/// <summary>One layer as called on one image.</summary>
/// <param name="Path">Where it is in the model: <c>encoder.1</c>.</param>
/// <param name="Kind">Its type.</param>
/// <param name="Output">Shape of its output for one image.</param>
/// <param name="Parameters">Trainable numbers.</param>
/// <param name="MultiplyAdds">Operations for one image, forward.</param>
public sealed record LayerSummary(string Path, string Kind, IReadOnlyList<long> Output,
    long Parameters, long MultiplyAdds);

/// <summary>A model's layers, and what it costs.</summary>
/// <param name="Model">The model.</param>
/// <param name="Shape">One image, channels x height x width.</param>
/// <param name="Layers">The layers in the order of their calls.</param>
/// <param name="Parameters">Trainable numbers in all.</param>
/// <param name="MultiplyAdds">Operations for one image, forward.</param>
/// <param name="WeightBytes">Memory of the weights.</param>
/// <param name="TrainingBytes">Estimated memory of training at <paramref name="Batch"/>: weights, gradients, Adam's
/// moments, activations.</param>
/// <param name="Batch">The batch of that estimate.</param>
/// <param name="Options">The options with their descriptions, YAML.</param>
public sealed record ModelDetails(
    ModelSummary Model, string Shape, IReadOnlyList<LayerSummary> Layers, long Parameters,
    long MultiplyAdds, long WeightBytes,
    long TrainingBytes, int Batch, string Options)
{
    /// <summary>Numbers of its distribution that may be chosen freely, in digits, of models that count them.</summary>
    public string? FreeParameters { get; init; }

    /// <summary>How that number comes about.</summary>
    public string? FreeParameterRule { get; init; }
}

/// <summary>The models that there are.</summary>
public static class ModelLibrary
{
    /// <summary>Every model with its presets. No libtorch is loaded.</summary>
    public static IReadOnlyList<ModelSummary> List() => [.. Catalog.Cards.Select(Summarize)];

    /// <summary>A model's layers for images of one shape. Loads libtorch.</summary>
    /// <param name="what">A model or a preset, with <paramref name="sets"/> laid over it.</param>
    /// <param name="channels">Of one image.</param>
    /// <param name="size">Height and width of one image; 0 takes the preset's, or 28.</param>
    /// <param name="sets">Assignments such as <c>model.latent=2</c>.</param>
    /// <exception cref="FigmentException">There is no such model.</exception>
    public static ModelDetails Show(string what, int channels = 1, int size = 0, IReadOnlyList<string>? sets = null)
    {
        var configuration = Configuration.Resolve(new TrainRequest { What = what, Sets = sets ?? [] });
        NativeLoader.EnsureLoaded();
        var example = configuration.Card.Example;
        if (size == 0) size = configuration.Options.Data.Size;
        var shape = size == 0 && channels == example.Channels ? example
            : new ImageShape(channels, size == 0 ? example.Height : size, size == 0 ? example.Width : size);
        using var rng = new Rng(0);
        using var module = configuration.Card.Create(configuration.Options.Model, shape, rng);
        module.Eval();
        var calls = TensorScope.Run(() => NoGrad.Run(() => CallTrace.Record(() => Run(module, shape, rng))));
        var paths = module.NamedModules().ToDictionary(named => named.Module, named => named.Path);
        var layers = Layers(module, calls, paths);
        var parameters = module.ParameterCount;
        var batch = configuration.Options.Plan.Batch;
        var activations = calls.Sum(call => call.Outputs) * sizeof(float);
        return new ModelDetails(Summarize(configuration.Card), shape.ToString(),
            layers, parameters, layers.Sum(layer => layer.MultiplyAdds),
            parameters * sizeof(float), (parameters * sizeof(float) * 4) + (activations * batch * 2), batch,
            Catalog.Options.Write(configuration.Options, comments: true))
        {
            FreeParameters = (module as ICountsFreeParameters)?.FreeParameters.ToString(CultureInfo.InvariantCulture),
            FreeParameterRule = (module as ICountsFreeParameters)?.FreeParameterRule,
        };
    }

    // A layer that is called more than once is one layer; parameters that belong to no called layer are told with their
    // owner.
    private static List<LayerSummary> Layers(Module module, IReadOnlyList<ModuleCall> calls,
        Dictionary<Module, string> paths)
    {
        var owned = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var (path, parameter) in module.NamedParameters())
        {
            var owner = path.Contains('.', StringComparison.Ordinal) ? path[..path.LastIndexOf('.')] : "";
            owned[owner] = owned.GetValueOrDefault(owner) + parameter.Count;
        }

        var layers = new List<LayerSummary>();
        foreach (var layer in calls.Where(call => paths.ContainsKey(call.Module)).GroupBy(call => call.Module))
        {
            var path = paths[layer.Key];
            var hasOwn = owned.Remove(path, out var own);
            // What only calls others shows in them.
            if (!hasOwn && paths.Values.Any(other => other.Length > path.Length
                && other.StartsWith(path + ".", StringComparison.Ordinal))) continue;
            layers.Add(new LayerSummary(path, layer.Key.GetType().Name, [.. layer.Last().Output.Skip(1)],
                own, layer.Sum(call => call.MultiplyAdds)));
        }

        foreach (var (path, count) in owned)
            layers.Add(new LayerSummary(path.Length == 0 ? "(itself)" : path,
                paths.FirstOrDefault(named => named.Value == path).Key?.GetType().Name ?? module.GetType().Name,
                [], count, 0));
        return layers;
    }

    /// <summary>JSON Schema of configuration files, for editors.</summary>
    public static string Schema() =>
        Catalog.Options.Schema("Figment training configuration", Catalog.Presets[0].Options).ToString();

    private static void Run(Module module, ImageShape shape, Rng rng)
    {
        if (module is IGivesDensity density)
            density.PixelLogProbabilities(Tensor.Zeros([1, shape.Channels, shape.Height, shape.Width]));
        else if (module is IEncodesImages encoder)
            encoder.Reconstruct(Tensor.Zeros([1, shape.Channels, shape.Height, shape.Width]), null);
        else if (module is IRecognizesClasses classifier)
            classifier.Logits(Tensor.Zeros([1, shape.Channels, shape.Height, shape.Width]));
        else if (module is IDrawsSamples sampler) sampler.Sample(1, rng, mean: true);
    }

    private static ModelSummary Summarize(ModelCard card)
    {
        List<string> verbs = ["train"];
        if (card.DrawsSamples) verbs.Add("sample");
        if (card.DrawsSamples) verbs.Add("neighbors");
        if (card.DecodesCodes) verbs.AddRange(["reconstruct", "interpolate", "traverse", "edit", "arithmetic"]);
        if (card.EncodesImages) verbs.AddRange(["learn-direction", "plot-latent", "encode"]);
        if (card.CompletesImages) verbs.Add("complete");
        if (card.ScoresExamples || card.EncodesImages) verbs.AddRange(["evaluate", "score"]);
        else if (card.DrawsSamples || card.RecognizesClasses) verbs.Add("evaluate");
        if (card.KnowsClasses || card.RecognizesClasses) verbs.Add("classify");
        return new ModelSummary(card.Id, card.Title, card.Family, card.Summary, card.Paper, card.Link, verbs,
            [.. card.Presets.Select(preset => new PresetSummary(preset.Id, preset.Summary, preset.Source,
                preset.Expectation is { } expected
                    ? $"{expected.Metric} {expected.Promise} ({expected.Published})" : null, preset.Cost))]);
    }
}
