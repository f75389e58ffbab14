using System.Globalization;
using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Torch;

namespace Figment.App;

/// <summary>What a measure of two sets tells.</summary>
/// <param name="Figure">The figure.</param>
/// <param name="Estimator">How it was computed.</param>
/// <param name="Also">What comes with it.</param>
internal sealed record SetFigure(Estimate Figure, string Estimator, params (string Name, Estimate Figure)[] Also);

/// <summary>Measures of how alike two sets of rows are: of data and samples, or of data and data.</summary>
internal static class SetMeasures
{
    /// <summary>Images looked at in one go.</summary>
    public const int AtOnce = 500;

    /// <summary>The names of the measures.</summary>
    public static IReadOnlyList<string> Names { get; } = ["fd", "kd", "precision", "density"];

    /// <summary>One of them.</summary>
    /// <param name="metric">Its name.</param>
    /// <param name="data">(N, J)</param>
    /// <param name="samples">(M, J)</param>
    /// <param name="progress">Told when the looking is over.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static SetFigure Between(string metric, Tensor data, Tensor samples, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        progress.Report(new StageBegun(string.Create(CultureInfo.InvariantCulture,
            $"{metric} of {samples.Size(0):N0} and {data.Size(0):N0} rows of {data.Size(1):N0} numbers")));
        switch (metric)
        {
            case "fd":
                return new(FrechetDistance.Between(samples, data, cancellation),
                    "Fréchet distance, error by jackknife");
            case "kd":
                // Of small sets two blocks.
                var block = (int)Math.Min(KernelDistance.BlockSize, Math.Min(data.Size(0), samples.Size(0)) / 2);
                return new(KernelDistance.OverBlocks(data, samples, block), string.Create(
                    CultureInfo.InvariantCulture, $"unbiased polynomial MMD over blocks of {block:N0}"));
            case "precision":
                var near = Neighborhoods.Compare(data, samples, Neighborhoods.PrecisionNeighbors, cancellation);
                return new(near.Precision, Neighbor(Neighborhoods.PrecisionNeighbors), ("recall", near.Recall));
            default:
                var dense = Neighborhoods.Compare(data, samples, Neighborhoods.DensityNeighbors, cancellation);
                return new(dense.Density, Neighbor(Neighborhoods.DensityNeighbors), ("coverage", dense.Coverage));
        }
    }

    /// <summary>A row of each image of a set.</summary>
    /// <param name="images">The set.</param>
    /// <param name="transform">What the loader does to its images.</param>
    /// <param name="look">Of images to rows.</param>
    /// <param name="seed">Decides a binarisation.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="progress">Told how many are done.</param>
    /// <param name="cancellation">Stops the work.</param>
    public static Tensor Rows(IImageSource images, ImageTransform transform, Func<Tensor, Tensor> look, ulong seed,
        Device device, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        using var loader = DataLoader.Sequential(images, AtOnce, transform.ForEvaluation(), seed);
        var parts = new List<Tensor>();
        var done = 0;
        foreach (var host in loader.RestOfEpoch(cancellation))
        {
            parts.Add(TensorScope.Run(() => look(Batch.From(host, device).Images)));
            progress.Report(new Advanced($"looking at {images.Name}", done += host.Count, images.Count, "images"));
        }

        return Ops.Cat([.. parts]);
    }

    private static string Neighbor(int k) => string.Create(CultureInfo.InvariantCulture, $"neighbour {k}");
}
