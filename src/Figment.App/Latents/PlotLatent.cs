using System.Globalization;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.App;

/// <summary>A picture of where images lie in the code.</summary>
public sealed record PlotLatentRequest : PictureRequest
{
    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Images at most, evenly spaced over the split; 0 takes all.</summary>
    public int Limit { get; init; } = 5000;

    /// <summary>Two numbers of the code, across and up; empty takes both of a code of two, else the two first principal
    /// components.</summary>
    public IReadOnlyList<int> Dimensions { get; init; } = [];
}

/// <summary>Draws codes as points, coloured by class.</summary>
public static class PlotLatent
{
    /// <summary>Encodes a split and draws a dot for each image.</summary>
    /// <exception cref="FigmentException">The model encodes no images, the split is empty, or the code has one
    /// number.</exception>
    public static PictureResult Run(PlotLatentRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var split = Splits.Parse(request.Split);
        if (request.Dimensions.Count is not (0 or 2))
            throw new FigmentException("a plane has two dimensions", "give two numbers after --dims", isUsage: true);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress, needsEncoder: true);
        if (space.Size < 2)
            throw new FigmentException($"the code of {trained.Run.Id} has one number and no plane", isUsage: true);
        var axes = request.Dimensions.Select(space.CheckDimension).ToArray();
        var data = trained.Data(progress, cancellation);
        var source = ImageSubset.Spread(data[split], request.Limit);
        if (source.Count < 2)
            throw new FigmentException($"{source.Name} has {source.Count} images", "choose another --split",
                isUsage: true);
        progress.Report(new StageBegun($"encoding {source.Count:N0} images of {source.Name}"));
        var codes = space.Encode(source, [.. Enumerable.Range(0, source.Count)], data.Transform.ForEvaluation(),
            request.Seed, cancellation);

        var isPlane = axes.Length == 2 || space.Size == 2;
        var (points, shares) = isPlane
            ? (Plane(codes, axes.Length == 2 ? axes : [0, 1]), [])
            : PrincipalComponents(codes);
        string Name(int axis) => isPlane ? $"z{(axes.Length == 2 ? axes[axis] : axis)}" : string.Create(
            CultureInfo.InvariantCulture, $"principal component {axis + 1} ({shares[axis]:P0} of the variance)");
        int[] labels = [.. Enumerable.Range(0, source.Count).Select(source.Label)];
        var picture = ScatterPlot.Draw(points, labels, source.HasLabels ? source.ClassNames : [], (Name(0), Name(1)));
        return PictureFile.Save(trained, request.Out, "latent", picture, source.Count, Pictures.Settings(request, new()
        {
            ["split"] = source.Name,
            ["axes"] = $"{Name(0)}; {Name(1)}",
        }));
    }

    private static List<(double X, double Y)> Plane(float[][] codes, int[] axes) =>
        [.. codes.Select(z => ((double)z[axes[0]], (double)z[axes[1]]))];

    /// <summary>Codes along the two directions in which they vary most, and these directions' shares of the
    /// variance.</summary>
    internal static (List<(double X, double Y)> Points, double[] Shares) PrincipalComponents(float[][] codes)
    {
        var (n, j) = (codes.Length, codes[0].Length);
        var numbers = TensorScope.Run(() =>
        {
            var z = Tensor.From<float>([.. codes.SelectMany(code => code)], n, j).To(DType.Float64);
            z -= z.Mean([0], keepdim: true);
            var (variances, directions) = (z.Transpose(0, 1).MatMul(z) / (n - 1)).LinalgEigh(); // ascending
            // An eigenvector's sign is anybody's choice: its largest number is made positive.
            var first = directions.Narrow(1, j - 2, 2).Flip(1); // (J, 2)
            var largest = first.Gather(0, first.Abs().ArgMax(0, keepdim: true)).Sign();
            return (Points: z.MatMul(first * largest).ToArray<double>(), Variances: variances.ToArray<double>());
        });
        var whole = Math.Max(numbers.Variances.Sum(), double.Epsilon);
        return ([.. Enumerable.Range(0, n).Select(i => (numbers.Points[2 * i], numbers.Points[(2 * i) + 1]))],
            [numbers.Variances[j - 1] / whole, numbers.Variances[j - 2] / whole]);
    }
}
