using System.Globalization;
using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Fills in what is missing of images, by draws from p(missing | given).</summary>
public static class Complete
{
    // What is missing is shown as grey: neither of the values of black and white pixels.
    private const float Missing = 0.5f;

    /// <summary>Completes images and draws a row for each: what was given, the draws, the original.</summary>
    /// <exception cref="FigmentException">The model completes no images, or not this mask; the message is the model's
    /// own.</exception>
    public static PictureResult Run(CompleteRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(1, request.Count, "count");
        Pictures.AtLeast(1, request.Draws, "draws");
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<ICompletesImages>("complete images");
        var given = GivenMask.Of(request, trained.Shape);
        if (model.WhyNotCompletable(given) is { } why)
            throw new FigmentException(why,
                "other masks: --given top, or white pixels of a picture with --mask", isUsage: true);

        using var root = new Rng(request.Seed);
        using var rng = root.Stream("complete", trained.Device);
        var (originals, names) = Originals(request, trained, root, progress, cancellation);
        var (size, rows, columns) = (trained.Shape.Length, originals.Length / trained.Shape.Length, request.Draws + 2);
        var cells = new float[rows * columns * size];
        for (var row = 0; row < rows; row++)
        {
            Masked(originals.AsSpan(row * size, size), given, cells.AsSpan(row * columns * size, size));
            originals.AsSpan(row * size, size).CopyTo(cells.AsSpan(((row * columns) + columns - 1) * size));
        }

        // One draw of every image at a time: a model that fills in pixel by pixel is as fast for many images as for
        // one.
        var draws = new float[originals.Length];
        for (var draw = 0; draw < request.Draws; draw++)
        {
            cancellation.ThrowIfCancellationRequested();
            Pictures.Read(() => model.Complete(Tensor.From<float>(originals.AsSpan(), trained.Device, rows,
                trained.Shape.Channels, trained.Shape.Height, trained.Shape.Width), given, rng), draws);
            for (var row = 0; row < rows; row++)
                draws.AsSpan(row * size, size).CopyTo(cells.AsSpan(((row * columns) + draw + 1) * size));
            progress.Report(new Advanced("completing", draw + 1, request.Draws, "draws"));
        }

        return Pictures.Write(trained, request, "completions", cells, columns, new()
        {
            ["given"] = request.Mask is { } mask ? $"white in {mask}" : request.Given,
            ["given.share"] = (given.Cast<bool>().Count(pixel => pixel) / (double)given.Length)
                .ToString("0.000", CultureInfo.InvariantCulture),
            ["images"] = names,
            ["draws"] = request.Draws.ToString(CultureInfo.InvariantCulture),
        });
    }

    private static (float[] Pixels, string Names) Originals(CompleteRequest request,
        TrainedModel trained, Rng root, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        var data = trained.Data(progress, cancellation);
        if (request.Files.Count == 0)
        {
            var chosen = request.Images.Count > 0
                ? [.. request.Images.Select(image => Pictures.Check(image, data.Test))]
                : Pictures.Choose(data.Test, request.Count, root);
            var pixels = new float[chosen.Length * trained.Shape.Length];
            Pictures.Read(() => data.Test.Pick(chosen, data.Transform, request.Seed).Images, pixels);
            return (pixels, Pictures.List(chosen));
        }

        return (ChosenPictures.FromFiles(request.Files, trained, data, request.Seed),
            string.Join(' ', request.Files.Select(Path.GetFileName)));
    }

    private static void Masked(ReadOnlySpan<float> image, bool[,] given, Span<float> target)
    {
        var (height, width) = (given.GetLength(0), given.GetLength(1));
        for (var i = 0; i < image.Length; i++)
            target[i] = given[i / width % height, i % width] ? image[i] : Missing;
    }
}
