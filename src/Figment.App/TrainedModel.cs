using System.Globalization;
using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models;
using Figment.Nn;
using Figment.Torch;
using Figment.Torch.Runtime;
using Figment.Training.Checkpoints;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>A run's model with the weights of one of its checkpoints, in evaluation mode.</summary>
internal sealed class TrainedModel : IDisposable
{
    private DataSplits? data;

    private TrainedModel(Configuration configuration, Module module, Device device,
        RunRecord run, string folder, Checkpoint checkpoint, ImageShape shape) =>
        (Configuration, Module, Device, Run, Folder, Checkpoint, Shape) = (configuration,
            module, device, run, folder, checkpoint, shape);

    public Configuration Configuration { get; }

    public Module Module { get; }

    /// <summary>Where the module lies.</summary>
    public Device Device { get; }

    public RunRecord Run { get; }

    public string Folder { get; }

    public Checkpoint Checkpoint { get; }

    /// <summary>The shape of one image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Opens a run's model.</summary>
    /// <param name="source">The run, its folder of runs, and which checkpoint.</param>
    /// <param name="progress">Told when data must be read to know the images' shape.</param>
    /// <exception cref="FigmentException">The run has no such checkpoint.</exception>
    public static TrainedModel Open(ModelSource source, IProgress<WorkEvent> progress)
    {
        using var view = OpenRun(source);
        NativeStart.Begin();
        var configuration = Configuration.Of(view.Record.Name, view.ReadConfig(), $"{view.Record.Id}/config.yaml");
        var checkpoint = Choose(view, source.Checkpoint);
        var known = ParseShape(view.ReadEnvironment().Facts.GetValueOrDefault(ExactEnvironment.ShapeKey));
        NativeLoader.EnsureLoaded();
        var device = ComputeDevice.Resolve(source.Device);
        var shape = known ?? DataSets.Open(configuration.Options.Data, null, new DataProgressEvents(progress)).Shape;
        using var rng = new Rng(0);
        var module = configuration.Card.Create(configuration.Options.Model, shape, rng);
        TensorScope.Run(() => Weights.Load(module, checkpoint));
        module.To(device);
        module.Eval();
        return new TrainedModel(configuration, module, device, view.Record, view.FullPath, checkpoint, shape);
    }

    /// <summary>The run's data, opened at the first call.</summary>
    public DataSplits Data(IProgress<WorkEvent> progress, CancellationToken cancellation) =>
        data ??= DataSets.Open(Configuration.Options.Data, null, new DataProgressEvents(progress), cancellation);

    /// <summary>What the model makes, as values that a picture can show. Only a set that the loader turns into real
    /// numbers needs its card for this.</summary>
    public (float[] Pixels, ImageShape Shape) ToPicture(float[] numbers)
    {
        if (DataCatalog.Find(Configuration.Options.Data.Source) is not { RealValued: true } card)
            return (numbers, Shape);
        return IsPoints ? (numbers, Shape) : (card.Transform.ToPicture(numbers, card.Shape), card.Shape);
    }

    /// <summary>Whether its examples are points of a line or a plane.</summary>
    public bool IsPoints => DataCatalog.Find(Configuration.Options.Data.Source) is { } card
        ? card.Layout == DataLayout.Points : PointFile.Is(Configuration.Options.Data.Source);

    /// <summary>The model as something that can do what a verb needs.</summary>
    /// <param name="verb">What is to be done.</param>
    /// <param name="hint">What to do instead; null points to the model's page.</param>
    /// <exception cref="FigmentException">This model cannot.</exception>
    public T As<T>(string verb, string? hint = null)
        where T : class => Module as T ?? throw new FigmentException(
            $"{Configuration.Card.Id} cannot {verb}",
            hint ?? $"see figment models show {Configuration.Card.Id}", isUsage: true);

    /// <summary>What a picture or result made with this model carries.</summary>
    public Dictionary<string, string> Provenance(string? command) => new()
    {
        ["figment.version"] = ProductVersion.Current.Version,
        ["figment.command"] = command ?? "",
        ["figment.run"] = Run.Id,
        ["figment.model"] = Configuration.Card.Id,
        ["figment.data"] = Configuration.Options.Data.Source,
        ["figment.checkpoint"] =
            $"step {Checkpoint.Manifest.Step.ToString(CultureInfo.InvariantCulture)}, sha256 {Checkpoint.Hash}",
        ["figment.config.sha256"] = Train.HashOf(Configuration.Yaml),
    };

    public void Dispose() => Module.Dispose();

    private static RunView OpenRun(ModelSource source)
    {
        if (File.Exists(Path.Combine(source.Run, "run.json"))) return RunView.Open(source.Run);
        var catalog = new RunCatalog(source.RunsFolder);
        return catalog.Open(catalog.Find(source.Run));
    }

    private static Checkpoint Choose(RunView view, string which)
    {
        if (which == "latest")
            return view.Checkpoints.Newest(out var rejected)
                ?? throw new FigmentException($"{view.Record.Id} has no checkpoint"
                + (rejected.Count > 0 ? $" that verifies: {rejected[0].Reason}" : " yet"),
                $"see figment runs show {view.Record.Id}");
        if (which == "best")
            return view.Checkpoints.Open(view.Record.BestStep ?? throw new FigmentException(
                $"{view.Record.Id} has no best checkpoint, because its plan measured none",
                "use --checkpoint latest", isUsage: true));
        if (!long.TryParse(which, NumberStyles.None, CultureInfo.InvariantCulture, out var step))
            throw new FigmentException($"'{which}' is no checkpoint", "give latest, best or a step", isUsage: true);
        return view.Checkpoints.Steps().Contains(step)
            ? view.Checkpoints.Open(step)
            : throw new FigmentException($"{view.Record.Id} has no checkpoint of step {step}",
                $"it has {string.Join(", ", view.Checkpoints.Steps())}", isUsage: true);
    }

    private static ImageShape? ParseShape(string? text)
    {
        var parts = text?.Split('x').Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0).ToArray();
        return parts is [> 0 and var channels, > 0 and var height, > 0 and var width]
            ? new ImageShape(channels, height, width) : null;
    }
}
