using Figment.Data.Images;
using Figment.Models;
using Figment.Torch;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>A trained classifier that judges what other models draw.</summary>
internal sealed class Extractor : IDisposable
{
    private readonly TrainedModel trained;

    private Extractor(TrainedModel trained, IRecognizesClasses net) => (this.trained, Net) = (trained, net);

    /// <summary>The classifier.</summary>
    public IRecognizesClasses Net { get; }

    /// <summary>Its run's name, which the names of its measures end in.</summary>
    public string Name => trained.Run.Name;

    /// <summary>SHA-256 of its weights.</summary>
    public string Hash => trained.Checkpoint.Hash;

    /// <summary>Opens a classifier.</summary>
    /// <param name="request">Names it, or leaves it to the data; and where runs and the device are.</param>
    /// <param name="data">What the judged model learned from.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <exception cref="FigmentException">There is none, or it tells no classes.</exception>
    public static Extractor Open(EvaluateRequest request, string data, IProgress<WorkEvent> progress)
    {
        var what = request.Extractor ?? data switch
        {
            "mnist" or "binarized-mnist" or "stacked-mnist" => "lenet-mnist",
            "fashion-mnist" => "lenet-fashion",
            _ => throw new FigmentException($"no classifier is known for {data}",
                $"train one (figment train lenet --data {data} --name judge) and name it: --extractor judge",
                isUsage: true),
        };
        var trained = TrainedModel.Open(new ModelSource
        {
            Run = Find(what, request.Source.RunsFolder),
            RunsFolder = request.Source.RunsFolder,
            Device = request.Source.Device,
        }, progress);
        try
        {
            return new Extractor(trained, trained.As<IRecognizesClasses>("judge samples",
                "name a run of a classifier, such as lenet-mnist"));
        }
        catch
        {
            trained.Dispose();
            throw;
        }
    }

    /// <summary>What the classifier says of images; of colour ones, where it knows grey ones, channel by channel, the
    /// channels' numbers one after the other.</summary>
    /// <param name="images">(B, C, H, W)</param>
    /// <param name="look">Of images that it takes to rows (n, K).</param>
    /// <returns>(B, K), or (B, C K) channel by channel.</returns>
    /// <exception cref="FigmentException">The images are of another size than those it learned from.</exception>
    public Tensor Read(Tensor images, Func<Tensor, Tensor> look)
    {
        var (own, B) = (trained.Shape, images.Size(0));
        var shape = new ImageShape((int)images.Size(1), (int)images.Size(2), (int)images.Size(3));
        if (shape == own) return look(images);
        return own.Channels == 1 && shape with { Channels = 1 } == own
            ? look(images.Reshape(B * shape.Channels, 1, own.Height, own.Width)).Reshape(B, -1)
            : throw new FigmentException($"{Name} takes images of {own}, not {shape}",
                $"train one of that size: figment train lenet --data ... --size {shape.Height}", isUsage: true);
    }

    /// <inheritdoc/>
    public void Dispose() => trained.Dispose();

    // Of several runs of one name the newest that is finished: a judge is trained once and used by many.
    private static string Find(string what, string runs)
    {
        if (File.Exists(Path.Combine(what, "run.json"))) return what;
        var catalog = new RunCatalog(runs);
        foreach (var run in catalog.Runs())
            using (run)
                if (run.Record.Name == what && run.Record.Status == RunStatus.Finished) return run.Record.Id;
        try
        {
            return catalog.Find(what);
        }
        catch (RunNotFoundException error)
        {
            throw new FigmentException($"there is no trained classifier '{what}' in {Path.GetFullPath(runs)}",
                Catalog.Presets.Any(preset => preset.Id == what)
                    ? $"train it, once: figment train {what}" : error.Message, isUsage: true);
        }
    }
}
