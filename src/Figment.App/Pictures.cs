using System.Globalization;
using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Sets;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Pictures that show what a model has learned. Each carries its settings inside.</summary>
public static class Pictures
{
    private const int BatchSize = 250;

    /// <summary>New images.</summary>
    public static PictureResult Sample(SampleRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AtLeast(1, request.Count, "count");
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IDrawsSamples>("draw samples", trained.Module is IEncodesImages
            ? "its codes have no distribution p(z) to draw from; reconstruct or interpolate, or train a vae" : null);
        var truncating = request.Truncation is null ? null : trained.As<ITruncatesNoise>("truncate its noise",
            "models of Gaussian noise do: biggan, sagan, sngan, acgan, wgan-gp");
        if (request.Truncation is <= 0) throw new FigmentException("truncation must be more than 0", isUsage: true);
        var labels = Labels(trained, request);
        var total = labels?.Length ?? request.Count;
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("sample", trained.Device);
        var pixels = new float[checked(total * trained.Shape.Length)];
        var mean = !request.DrawPixels && !trained.IsPoints; // points have no clean form
        for (var done = 0; done < total;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (from, count) = (done, Math.Min(BatchSize, total - done));
            Read(() =>
                {
                    var y = labels is null ? null
                        : Tensor.From<long>(labels.AsSpan(from, count), trained.Device, count);
                    return truncating?.SampleTruncated(count, y, request.Truncation!.Value, rng)
                        ?? (y is null ? model.Sample(count, rng, mean) : ((IDrawsClasses)model).SampleOf(y, rng, mean));
                },
                pixels.AsSpan(done * trained.Shape.Length));
            done += count;
            progress.Report(new Advanced("drawing", done, total, "images"));
        }

        var columns = request.Class == SampleRequest.AllClasses && request.Columns == 0
            ? request.Count : request.Columns;
        var settings = new Dictionary<string, string> { ["pixels"] = mean ? "means" : "drawn" };
        if (request.Class is { } asked) settings["class"] = asked;
        if (request.Truncation is { } threshold)
            settings["truncation"] = threshold.ToString(CultureInfo.InvariantCulture);
        return Write(trained, request, "samples", pixels, columns, settings);
    }

    // The label of each image that is asked for; null where no class is.
    private static long[]? Labels(TrainedModel trained, SampleRequest request)
    {
        if (request.Class is not { } asked) return null;
        var id = trained.Configuration.Card.Id;
        var classes = (trained.Module as IDrawsClasses ?? throw new FigmentException($"{id} knows no classes",
            "leave out --class, or train a model that does: figment models list", isUsage: true)).Classes;
        if (classes == 0) throw WithoutClasses(trained);
        if (asked == SampleRequest.AllClasses)
            return [.. Enumerable.Range(0, classes).SelectMany(label => Enumerable.Repeat((long)label, request.Count))];
        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var one) && one < classes
            ? [.. Enumerable.Repeat((long)one, request.Count)]
            : throw new FigmentException($"{trained.Run.Id} has no class '{asked}'",
                $"choose from 0 to {classes - 1}, or all", isUsage: true);
    }

    internal static FigmentException WithoutClasses(TrainedModel trained) => new(
        $"{trained.Run.Id} was trained without classes",
        $"train one with them: figment train {trained.Configuration.Card.Id} --set model.classes=10", isUsage: true);

    /// <summary>Test images above their reconstructions: of their codes, or of the nearest codes that a search finds
    /// where the model only decodes.</summary>
    public static PictureResult Reconstruct(ReconstructRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AtLeast(1, request.Count, "count");
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress);
        if (request.DrawCode) trained.As<IEncodesImages>("draw codes of images");
        var data = trained.Data(progress, cancellation);
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("reconstruct", trained.Device);
        var chosen = Choose(data.Test, request.Count, root);
        var size = trained.Shape.Length * chosen.Length;
        var pixels = new float[2 * size];
        Read(() => data.Test.Pick(chosen, data.Transform, request.Seed).Images, pixels);
        if (trained.Module is IEncodesImages model)
            Read(() => model.Reconstruct(data.Test.Pick(chosen, data.Transform, request.Seed, trained.Device).Images,
                request.DrawCode ? rng : null), pixels.AsSpan(size));
        else
            space.Decode(space.Encode(data.Test, chosen, data.Transform, request.Seed, cancellation), cancellation)
                .CopyTo(pixels, size);
        return Write(trained, request, "reconstructions", pixels, chosen.Length,
            new() { ["code"] = request.DrawCode ? "drawn" : "mean", ["images"] = List(chosen) });
    }

    internal static void Read(Func<Tensor> make, Span<float> into)
    {
        var numbers = TensorScope.Run(() => NoGrad.Run(() => make().ToArray<float>()));
        numbers.CopyTo(into);
    }

    internal static int[] Choose(IImageSource source, int count, Rng rng)
    {
        if (source.Count == 0)
            throw new FigmentException($"{source.Name} is empty", "set data.test to a number of images to hold back");
        using var stream = rng.Stream("images");
        return [.. TensorScope.Run(() => stream.Permutation(source.Count).ToArray<long>())
            .Take(Math.Min(count, source.Count)).Select(i => (int)i)];
    }

    internal static int Check(int image, IImageSource source) => image >= 0 && image < source.Count
        ? image
        : throw new FigmentException($"{source.Name} has no image {image}",
            $"choose from 0 to {source.Count - 1}", isUsage: true);

    internal static void AtLeast(int least, int value, string name)
    {
        if (value < least) throw new FigmentException($"{name} must be at least {least}, not {value}", isUsage: true);
    }

    internal static string List(IEnumerable<int> numbers) => string.Join(' ', numbers);

    internal static PictureResult Write(TrainedModel trained, PictureRequest request,
        string kind, float[] pixels, int columns,
        Dictionary<string, string> own)
    {
        var (shown, shape) = trained.ToPicture(pixels);
        var picture = trained.IsPoints ? PointPlot.Draw(pixels, trained.Data(new Progress<WorkEvent>(), default))
            : Grid(request, columns).Tile(shown, shape);
        return PictureFile.Save(trained, request.Out, kind, picture, pixels.Length / trained.Shape.Length,
            Settings(request, own));
    }

    /// <summary>A moving picture of rows of images: in each frame one column of them.</summary>
    internal static PictureResult WriteMoving(TrainedModel trained, PictureRequest request, string kind, float[] pixels,
        int columns, int speed, Dictionary<string, string> own, CancellationToken cancellation)
    {
        var (shown, shape) = trained.ToPicture(pixels);
        var (size, count) = (shape.Length, shown.Length / shape.Length);
        float[] Frame(int column) => [.. Enumerable.Range(0, count / columns).SelectMany(row =>
            shown.AsSpan(((row * columns) + column) * size, size).ToArray())];
        var frames = Enumerable.Range(0, columns)
            .Select(column => Grid(request, 0).Tile(Frame(column), shape)).ToList();
        return PictureFile.SaveMoving(trained, request.Out, kind, frames, speed, count, Settings(request, own),
            cancellation);
    }

    private static ImageGrid Grid(PictureRequest request, int columns) =>
        new() { Columns = columns, Scale = Math.Clamp(request.Scale, 1, 32) };

    internal static Dictionary<string, string> Settings(PictureRequest request, Dictionary<string, string> own)
    {
        var settings = new Dictionary<string, string>
        {
            ["figment.command"] = request.Command ?? "",
            ["figment.seed"] = request.Seed.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in own) settings[$"figment.{name}"] = value;
        return settings;
    }
}
