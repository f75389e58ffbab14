using System.Globalization;
using System.Text.Json;
using Figment.Data;
using Figment.Models;
using Figment.Training.Options;

namespace Figment.App;

/// <summary>Resolved options and the name under which they run.</summary>
internal sealed record Configuration(string Name, TrainOptions Options)
{
    /// <summary>The model's card.</summary>
    public ModelCard Card => Catalog.CardOf(Options.Model);

    /// <summary>Canonical YAML: equal options, equal text.</summary>
    public string Yaml => Catalog.Options.Write(Options);

    /// <summary>Lays the request over its preset or model.</summary>
    /// <exception cref="FigmentException">There is no such preset or model.</exception>
    /// <exception cref="OptionsException">All faults of the file and the assignments together.</exception>
    public static Configuration Resolve(TrainRequest request)
    {
        if (request is { What: null, ConfigFile: null })
            throw new FigmentException("nothing was named to train",
                "name a preset, a model or --config; see figment models list", isUsage: true);
        var (name, options) = Base(request);
        var sets = Assignments(request);
        options = request.ConfigFile is { } file
            ? Catalog.Options.ReadFile(options, file, sets)
            : Catalog.Options.Read(options, sets: sets);
        return new Configuration(
            request.Name ?? name ?? $"{Catalog.CardOf(options.Model).Id}-{DataName(options)}", options);
    }

    /// <summary>The configuration that a run has kept.</summary>
    public static Configuration Of(string name, string yaml, string source) =>
        new(name, Catalog.Options.Read(Catalog.Presets[0].Options, yaml, source));

    // A preset is a whole configuration. A model is its first preset, unless other data are named: what the preset says
    // of its own data (binarisation, size) holds for no other.
    private static (string? Name, TrainOptions Options) Base(TrainRequest request)
    {
        if (request.What is not { } what) return (null, Catalog.Presets[0].Options);
        if (Catalog.Presets.FirstOrDefault(preset => preset.Id == what) is { } named)
            return request.Data is null || request.Data == named.Options.Data.Source
                ? (request.ConfigFile is null ? named.Id : null, named.Options)
                : (null, named.Options with { Data = new DataOptions() });
        if (Catalog.Cards.FirstOrDefault(card => card.Id == what) is not { } card)
            throw new FigmentException($"there is no preset or model '{what}'{Hint(what)}",
                "see figment models list", isUsage: true);
        var first = card.Presets[0];
        return request.Data is null || request.Data == first.Options.Data.Source
            ? (first.Id, first.Options)
            : (null, new TrainOptions { Model = card.Defaults, Plan = first.Options.Plan });
    }

    private static List<string> Assignments(TrainRequest request)
    {
        var sets = new List<string>();
        if (request.Data is { } data) sets.Add($"data.source={JsonSerializer.Serialize(data)}");
        if (request.Size is { } size) sets.Add($"data.size={size}");
        if (request.Steps is { } steps) sets.AddRange([$"plan.steps={steps}", "plan.epochs=null"]);
        if (request.Epochs is { } epochs)
            sets.AddRange([$"plan.epochs={epochs.ToString("R", CultureInfo.InvariantCulture)}", "plan.steps=null"]);
        if (request.Seed is { } seed) sets.Add($"seed={seed}");
        return [.. sets, .. request.Sets];
    }

    private static string DataName(TrainOptions options) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(options.Data.Source));

    private static string Hint(string what) =>
        Nearest.To(what, Catalog.Presets.Select(preset => preset.Id).Concat(Catalog.Cards.Select(card => card.Id)))
            is { } near
            ? $"; did you mean '{near}'?" : "";
}
