using Figment.Data.Sets;
using Figment.Models.Adversarial;
using Figment.Torch;

namespace Figment.App;

/// <summary>A picture of a laboratory's game.</summary>
public sealed record LabRequest : PictureRequest;

/// <summary>Shows what a laboratory's players have learned.</summary>
public static class Lab
{
    /// <summary>Samples over data, the discriminator beside the best one, and where it pulls the generator.</summary>
    /// <exception cref="FigmentException">The model is no laboratory.</exception>
    public static PictureResult Run(LabRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        // On the CPU, where points are few and small.
        using var trained = TrainedModel.Open(request.Source with { Device = "cpu" }, progress);
        var lab = trained.As<GanLab>("be shown as a laboratory",
            "train one: figment train gan-lab-ring");
        var data = trained.Data(progress, cancellation);
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("lab");
        var picture = LabPicture.Draw(lab, data, PointSets.ModesOf(trained.Configuration.Options.Data.Source), rng);
        return PictureFile.Save(trained, request.Out, "lab", picture, 1, Pictures.Settings(request, []));
    }
}
