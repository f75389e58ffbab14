using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.App;

/// <summary>Points that a model drew, over points of its data: in a plane, or of a line as two histograms.</summary>
internal static class PointPlot
{
    private const int MostPoints = 2_000, Bins = 60;
    private static readonly string[] names = ["data", "samples"];

    /// <param name="samples">One or two numbers a point.</param>
    /// <param name="data">Of which so many training points are shown beside them.</param>
    public static Image Draw(float[] samples, DataSplits data)
    {
        var size = data.Shape.Length;
        var real = Numbers(ImageSubset.Spread(data.Train, MostPoints), data.Transform);
        List<(double X, double Y)> points;
        int[] labels;
        if (size == 1)
        {
            double low = Math.Min(real.Min(), samples.Min()), high = Math.Max(real.Max(), samples.Max());
            points = [.. Histogram(real, low, high), .. Histogram(samples, low, high)];
            labels = [.. Enumerable.Repeat(0, Bins), .. Enumerable.Repeat(1, Bins)];
            return ScatterPlot.Draw(points, labels, names, ("x", "share"));
        }

        points = [.. Plane(real, size), .. Plane(samples, size)];
        labels = [.. Enumerable.Repeat(0, real.Length / size), .. Enumerable.Repeat(1, samples.Length / size)];
        return ScatterPlot.Draw(points, labels, names, ("x", "y"));
    }

    private static float[] Numbers(IImageSource source, ImageTransform transform) => TensorScope.Run(() =>
        source.Pick([.. Enumerable.Range(0, source.Count)], transform).Images.ToArray<float>());

    private static IEnumerable<(double X, double Y)> Plane(float[] numbers, int size) =>
        Enumerable.Range(0, numbers.Length / size)
            .Select(i => ((double)numbers[i * size], (double)numbers[(i * size) + 1]));

    private static IEnumerable<(double X, double Y)> Histogram(float[] numbers, double low, double high)
    {
        var width = high > low ? (high - low) / Bins : 1;
        var counts = new int[Bins];
        foreach (var number in numbers) counts[Math.Clamp((int)((number - low) / width), 0, Bins - 1)]++;
        return counts.Select((count, bin) => (low + ((bin + 0.5) * width), (double)count / numbers.Length));
    }
}
