using System.Globalization;
using System.Text.Json.Serialization;
using Figment.Evaluation;

namespace Figment.App;

/// <summary>A direction to learn from labels.</summary>
public sealed record LearnDirectionRequest
{
    /// <summary>The model.</summary>
    public ModelSource Source { get; init; } = new();

    /// <summary>The class whose images have the property, by name or number.</summary>
    public required string Label { get; init; }

    /// <summary>The class whose images do not; null takes all others.</summary>
    public string? Versus { get; init; }

    /// <summary>What the direction is called; null takes the class's name.</summary>
    public string? Name { get; init; }

    /// <summary>Images of each side at most, evenly spaced.</summary>
    public int Limit { get; init; } = 2000;

    /// <summary>Of the binarisation, where the data have one.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>A direction that was learned.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">What to call it by in <c>figment edit --direction</c>.</param>
/// <param name="Length">Its length: the distance between the two mean codes.</param>
/// <param name="With">Training images with the property.</param>
/// <param name="Without">Training images without it.</param>
/// <param name="Auroc">How well the position along it tells the two apart among test images: 1 always, 0.5 not at all;
/// null where the test part has too few of them.</param>
/// <param name="AurocStandardError">Of the AUROC, after DeLong.</param>
public sealed record DirectionResult(string Path, string Name, double Length, int With, int Without, double? Auroc,
    double? AurocStandardError)
{
    /// <summary>All of it in one line.</summary>
    [JsonIgnore]
    public string Text => string.Create(CultureInfo.InvariantCulture,
        $"{Path}: from {Without:N0} images without to {With:N0} with, length {Length:0.00}; ")
        + (Auroc is { } auroc ? string.Create(CultureInfo.InvariantCulture,
            $"along it test images are told apart with AUROC {auroc:F4} ± {AurocStandardError:F4}")
            : "too few test images to say how well it tells them apart");
}

/// <summary>Learns directions of a code from labels.</summary>
public static class LearnDirection
{
    /// <summary>The difference of the mean codes of training images with and without a label (Larsen et al. 2016,
    /// section 4.2, https://arxiv.org/abs/1512.09300), measured on test images, and kept in the run's
    /// folder.</summary>
    /// <exception cref="FigmentException">The data have no such class, or the name cannot be a file's.</exception>
    public static DirectionResult Run(LearnDirectionRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(1, request.Limit, "limit");
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress, needsEncoder: true);
        var data = trained.Data(progress, cancellation);
        var label = ChosenPictures.Label(request.Label, data);
        var other = request.Versus is { } word ? ChosenPictures.Label(word, data) : (int?)null;
        if (other == label)
            throw new FigmentException($"'{request.Label}' and '{request.Versus}' are the same class", isUsage: true);
        var name = request.Name ?? data.ClassNames[label];
        if (name.Length == 0 || !name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') || name[0] == '.')
            throw new FigmentException($"'{name}' cannot be a direction's name",
                "give --name with letters, digits, - and _", isUsage: true);

        (float[][] With, float[][] Without) Codes(Data.Sets.IImageSource source)
        {
            float[][] Of(Func<int, bool> wanted)
            {
                int[] all = [.. Enumerable.Range(0, source.Count).Where(i => wanted(source.Label(i)))];
                return space.Encode(source,
                    [.. Data.Sets.ImageSubset.Spread(all.Length, request.Limit).Select(i => all[i])],
                    data.Transform.ForEvaluation(), request.Seed, cancellation);
            }

            return (Of(l => l == label), Of(l => other is { } only ? l == only : l != label));
        }

        progress.Report(new StageBegun($"encoding images with and without '{data.ClassNames[label]}'"));
        var (with, without) = Codes(data.Train);
        if (with.Length == 0 || without.Length == 0)
            throw new FigmentException($"{data.Train.Name} has {with.Length} images with and {without.Length} without "
                + $"'{data.ClassNames[label]}'", "both sides need some", isUsage: true);
        var direction = new Direction(name,
            [.. LatentSpace.Mean(with).Zip(LatentSpace.Mean(without), (there, here) => there - here)]);

        double[] Along(float[][] codes) => [.. codes.Select(z => z.Zip(direction.Step, (a, b) => (double)a * b).Sum())];
        var test = Codes(data.Test);
        Estimate? auroc = test.With.Length > 1 && test.Without.Length > 1
            ? Separation.Auroc(Along(test.With), Along(test.Without)) : null;
        var path = Direction.FileOf(trained, name);
        var provenance = trained.Provenance(null);
        provenance["figment.kind"] = "direction";
        provenance["figment.label"] = data.ClassNames[label];
        provenance["figment.versus"] = other is { } versus ? data.ClassNames[versus] : "all others";
        direction.Write(path, provenance);
        return new DirectionResult(path, name, Math.Sqrt(direction.Step.Sum(d => (double)d * d)), with.Length,
            without.Length, auroc?.Mean, auroc?.StandardError);
    }
}
