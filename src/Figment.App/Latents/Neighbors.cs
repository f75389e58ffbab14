using System.Globalization;
using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>The training images nearest to what a model draws.</summary>
public sealed record NeighborsRequest : PictureRequest
{
    /// <summary>Samples, one a row.</summary>
    public int Count { get; init; } = 10;

    /// <summary>Neighbours of each.</summary>
    public int Nearest { get; init; } = 7;
}

/// <summary>Samples beside their nearest training images, and whether they are nearer than images never seen.</summary>
/// <param name="Picture">A row for each sample: the sample, then its neighbours, the nearest first.</param>
/// <param name="SampleDistance">The median over the samples of the distance to the nearest training image: root of the
/// sum of squared differences of pixels in [0, 1].</param>
/// <param name="TestDistance">The same of as many test images; null where there are none.</param>
public sealed record NeighborsResult(PictureResult Picture, double SampleDistance, double? TestDistance)
{
    /// <summary>What the distances say, in words.</summary>
    public string Verdict => TestDistance is not { } test
        ? string.Create(CultureInfo.InvariantCulture,
            $"the median sample is {SampleDistance:0.00} from its nearest training image; "
            + $"there are no test images to compare")
        : string.Create(CultureInfo.InvariantCulture,
            $"the median sample is {SampleDistance:0.00} from its nearest training image, "
            + $"the median test image {test:0.00}: ")
            + (SampleDistance < 0.5 * test ? "samples are far nearer than new images are, a sign of copying"
                : "no sign of copying (mean pictures are smoother, and so nearer, than draws)");
}

/// <summary>Looks for the training images behind samples.</summary>
public static class Neighbors
{
    private const int BatchSize = 1000;

    /// <summary>Draws samples and finds their nearest training images by Euclidean distance of pixels.</summary>
    /// <exception cref="FigmentException">The model draws no samples.</exception>
    public static NeighborsResult Run(NeighborsRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(1, request.Count, "count");
        Pictures.AtLeast(1, request.Nearest, "nearest");
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IDrawsSamples>("draw samples");
        var data = trained.Data(progress, cancellation);
        var (train, size) = (data.Train, trained.Shape.Length);
        var k = Math.Min(request.Nearest, train.Count);
        // Samples are mean pictures, so that grey originals are what they are compared with.
        var transform = data.Transform.ForEvaluation() with { Binarization = Binarization.None };
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("sample", trained.Device);
        var samples = new float[request.Count * size];
        Pictures.Read(() => model.Sample(request.Count, rng, mean: true), samples);
        var tests = data.Test.Count == 0 ? [] : Pictures.Choose(data.Test, request.Count, root);
        var seen = new float[tests.Length * size];
        if (tests.Length > 0) Pictures.Read(() => data.Test.Pick(tests, transform, request.Seed).Images, seen);

        var found = Find([.. samples, .. seen], train, transform, size, k, progress, cancellation);
        var cells = new List<float>();
        for (var row = 0; row < request.Count; row++)
        {
            cells.AddRange(samples.AsSpan(row * size, size));
            var near = new float[k * size];
            Pictures.Read(() => train.Pick([.. found[row].Select(hit => hit.Image)], transform, request.Seed).Images,
                near);
            cells.AddRange(near);
        }

        static double Median(IEnumerable<double> values)
        {
            double[] sorted = [.. values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }

        var picture = Pictures.Write(trained, request, "neighbors", [.. cells], k + 1, new()
        {
            ["order"] = "sample, then the nearest training images",
            ["distance"] = "Euclidean, pixels in [0, 1]",
            ["nearest"] = Pictures.List(found.Take(request.Count).Select(hits => hits[0].Image)),
        });
        return new NeighborsResult(picture, Median(found.Take(request.Count).Select(hits => hits[0].Distance)),
            tests.Length > 0 ? Median(found.Skip(request.Count).Select(hits => hits[0].Distance)) : null);
    }

    // The nearest images of each row of pixels, the nearest first.
    private static List<(int Image, double Distance)[]> Find(float[] pixels, IImageSource train,
        ImageTransform transform, int size, int k, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var rows = pixels.Length / size;
        var best = Enumerable.Range(0, rows).Select(_ => new List<(int Image, double Distance)>()).ToList();
        for (var done = 0; done < train.Count; done += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            int[] some = [.. Enumerable.Range(done, Math.Min(BatchSize, train.Count - done))];
            // Differences, not the square of a sum: equal images must be at distance zero.
            var distances = TensorScope.Run(() => NoGrad.Run(() => Ops.Cdist(
                Tensor.From<float>(pixels, rows, size), train.Pick(some, transform, 0).Images.Flatten(1), 2, 2)
                .ToArray<float>())); // (rows, batch)
            for (var row = 0; row < rows; row++)
                best[row] = [.. best[row].Concat(some.Select((image, i) =>
                    (image, (double)distances[(row * some.Length) + i]))).OrderBy(hit => hit.Item2).Take(k)];
            progress.Report(new Advanced("comparing", done + some.Length, train.Count, "images"));
        }

        return [.. best.Select(hits => hits.ToArray())];
    }
}
