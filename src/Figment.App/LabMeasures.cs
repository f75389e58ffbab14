using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models.Adversarial;
using Figment.Torch;

namespace Figment.App;

/// <summary>What is measured of a laboratory's game while it is played.</summary>
internal static class LabMeasures
{
    private const int Samples = 10_000, PlaneCells = 40, LineCells = 100, AtOnce = 5_000;

    /// <summary>The Jensen-Shannon divergence of samples and data, by their shares of the cells of a grid (one more is
    /// all that lies outside) and, where the data are a mixture of Gaussians, how samples spread over it.</summary>
    /// <param name="lab">The players.</param>
    /// <param name="data">Held-out points, as many samples of which are compared.</param>
    /// <param name="modes">The mixture, or null.</param>
    /// <param name="rng">Draws the samples.</param>
    public static Dictionary<string, double> Of(GanLab lab, float[] data, PointModes? modes, Rng rng)
    {
        var grid = PointGrid.Around(data, lab.Dimensions, lab.Dimensions == 1 ? LineCells : PlaneCells, 0.05);
        var samples = Draw(lab, Math.Min(Samples, data.Length / lab.Dimensions), rng);
        var values = new Dictionary<string, double>
        {
            ["jensen-shannon"] = PointGrid.JensenShannon(grid.Shares(data), grid.Shares(samples)),
        };
        if (modes is null) return values;
        var figures = Found(samples, modes);
        (values["modes"], values["near-modes"]) = (figures.Found.Mean, figures.HighQuality!.Value.Mean);
        return values;
    }

    /// <summary>Modes of a mixture that points found.</summary>
    public static ModeFigures Found(float[] points, PointModes modes)
    {
        var size = modes.Centers[0].Count;
        return TensorScope.Run(() => Modes.Of(Tensor.From<float>(points, points.Length / size, size), modes));
    }

    /// <summary>Points that the generator makes, one number after another.</summary>
    public static float[] Draw(GanLab lab, int count, Rng rng)
    {
        var points = new float[count * lab.Dimensions];
        for (var done = 0; done < count; done += AtOnce)
        {
            var part = Math.Min(AtOnce, count - done);
            Pictures.Read(() => lab.Sample(part, rng, mean: false), points.AsSpan(done * lab.Dimensions));
        }

        return points;
    }

    /// <summary>Points of a set, one number after another.</summary>
    public static float[] Read(IImageSource source, ImageTransform transform, int most)
    {
        var some = ImageSubset.Spread(source, most);
        return TensorScope.Run(() =>
            some.Pick([.. Enumerable.Range(0, some.Count)], transform.ForEvaluation()).Images.ToArray<float>());
    }
}
