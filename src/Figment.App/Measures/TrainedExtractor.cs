using Figment.Data.Images;
using Figment.Models;
using Figment.Torch;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>A classifier that Figment trained, as a judge of samples.</summary>
internal sealed class TrainedExtractor : Extractor
{
    private readonly TrainedModel trained;
    private readonly IRecognizesClasses net;

    private TrainedExtractor(TrainedModel trained, IRecognizesClasses net) => (this.trained, this.net) = (trained, net);

    public override string Name => trained.Run.Name;

    public override string Hash => trained.Checkpoint.Hash;

    public override int Classes => net.Classes;

    public override Tensor Features(Tensor images) => net.Features(images);

    public override Tensor Logits(Tensor images) => net.Logits(images);

    /// <summary>Opens the run of a classifier.</summary>
    /// <exception cref="FigmentException">There is none, or it tells no classes.</exception>
    public static TrainedExtractor Open(string what, ModelSource source, IProgress<WorkEvent> progress)
    {
        var trained = TrainedModel.Open(source with { Run = Find(what, source.RunsFolder), Checkpoint = "latest" },
            progress);
        try
        {
            return new TrainedExtractor(trained, trained.As<IRecognizesClasses>("judge samples",
                "name a run of a classifier, such as lenet-mnist"));
        }
        catch
        {
            trained.Dispose();
            throw;
        }
    }

    /// <summary>Looks at colour images, where the classifier knows grey ones, channel by channel, the channels' numbers
    /// one after the other.</summary>
    public override Tensor Read(Tensor images, Func<Tensor, Tensor> look)
    {
        var (own, B) = (trained.Shape, images.Size(0));
        var shape = new ImageShape((int)images.Size(1), (int)images.Size(2), (int)images.Size(3));
        if (shape == own) return look(images);
        return own.Channels == 1 && shape with { Channels = 1 } == own
            ? look(images.Reshape(B * shape.Channels, 1, own.Height, own.Width)).Reshape(B, -1)
            : throw new FigmentException($"{Name} takes images of {own}, not {shape}",
                $"train one of that size: figment train lenet --data ... --size {shape.Height}", isUsage: true);
    }

    public override void Dispose() => trained.Dispose();

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
                    ? $"train it, once: figment train {what}"
                    : $"{error.Message} Networks of photographs: {string.Join(", ", Packaged)}.", isUsage: true);
        }
    }
}
