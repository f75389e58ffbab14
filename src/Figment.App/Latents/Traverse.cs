using System.Globalization;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.App;

/// <summary>What each number of the code does, or a plane of two of them.</summary>
public sealed record TraverseRequest : PictureRequest
{
    /// <summary>The test image to begin with; null begins at the prior's mean.</summary>
    public int? Image { get; init; }

    /// <summary>Which numbers of the code, one a row; empty takes those that tell the most. Of a plane: across, then
    /// up.</summary>
    public IReadOnlyList<int> Dimensions { get; init; } = [];

    /// <summary>Rows at most, when the dimensions are chosen.</summary>
    public int Rows { get; init; } = 10;

    /// <summary>Images in a row.</summary>
    public int Steps { get; init; } = 13;

    /// <summary>How far to go from 0, in standard deviations of the prior.</summary>
    public double Range { get; init; } = 3;

    /// <summary>A plane of two numbers of the code as a square of this many images a side; 0 for rows.</summary>
    public int Manifold { get; init; }
}

/// <summary>Shows what the numbers of a code mean.</summary>
public static class Traverse
{
    private const int ImagesForCodes = 1000;

    /// <summary>Rows along single numbers of the code, or a plane of two.</summary>
    public static PictureResult Run(TraverseRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained);
        // Only a picture to begin with, or a choice of dimensions, needs the data.
        var data = new Lazy<DataSplits>(() => trained.Data(progress, cancellation));
        var origin = request.Image is { } image
            ? space.Encode(data.Value.Test, [Pictures.Check(image, data.Value.Test)], data.Value.Transform,
                request.Seed, cancellation)[0]
            : new float[space.Size];
        var begins = request.Image is { } number ? $"test image {number}" : "the prior's mean";
        if (request.Manifold > 0)
            return Plane(request, trained, space, origin, begins, cancellation);

        Pictures.AtLeast(2, request.Steps, "steps");
        IReadOnlyList<int> dimensions = request.Dimensions.Count > 0
            ? [.. request.Dimensions.Select(space.CheckDimension)]
            : MostTelling(space, data.Value, request, cancellation);
        var path = dimensions.SelectMany(dimension => Enumerable.Range(0, request.Steps).Select(step =>
            With(origin, (dimension, (float)(request.Range * ((2.0 * step / (request.Steps - 1)) - 1)))))).ToList();
        return Pictures.Write(trained, request, "traversal", space.Decode(path, cancellation), request.Steps, new()
        {
            ["dimensions"] = Pictures.List(dimensions),
            ["range"] = request.Range.ToString(CultureInfo.InvariantCulture),
            ["begins"] = begins,
        });
    }

    // Equal shares of the prior: coordinates are quantiles of the standard normal (Kingma and Welling 2014, figure 4).
    private static PictureResult Plane(TraverseRequest request, TrainedModel trained, LatentSpace space,
        float[] origin, string begins, CancellationToken cancellation)
    {
        var axes = (request.Dimensions.Count, space.Size) switch
        {
            (2, _) => request.Dimensions.Select(space.CheckDimension).ToArray(),
            (0, 2) => [0, 1],
            (0, _) => throw new FigmentException($"the code of {trained.Run.Id} has {space.Size} numbers: which plane?",
                "name two of them with --dims, or train a code of two: figment train vae-mnist-2d", isUsage: true),
            _ => throw new FigmentException("a plane has two dimensions", "give two numbers after --dims",
                isUsage: true),
        };
        var side = request.Manifold;
        float[] shares = [.. Enumerable.Range(0, side).Select(i => (float)((2 * (i + 0.5) / side) - 1))];
        var quantiles = new float[side];
        Pictures.Read(() => Math.Sqrt(2) * Tensor.From<float>(shares, side).Erfinv(), quantiles);
        var path = quantiles.Reverse().SelectMany(y => quantiles.Select(x =>
            With(origin, (axes[0], x), (axes[1], y)))).ToList();
        return Pictures.Write(trained, request, "manifold", space.Decode(path, cancellation), side, new()
        {
            ["plane"] = "quantiles of the prior",
            ["dimensions"] = Pictures.List(axes),
            ["begins"] = begins,
        });
    }

    private static float[] With(float[] origin, params ReadOnlySpan<(int Dimension, float Value)> numbers)
    {
        var code = (float[])origin.Clone();
        foreach (var (dimension, value) in numbers) code[dimension] = value;
        return code;
    }

    // A number whose mean varies between images carries information; one that the prior has swallowed stays at 0.
    private static List<int> MostTelling(LatentSpace space, DataSplits data, TraverseRequest request,
        CancellationToken cancellation)
    {
        var codes = space.Encode(data.Test, [.. Enumerable.Range(0, Math.Min(ImagesForCodes, data.Test.Count))],
            data.Transform, request.Seed, cancellation);
        double Variance(int dimension)
        {
            var mean = codes.Average(code => code[dimension]);
            return codes.Average(code => (code[dimension] - mean) * (code[dimension] - mean));
        }

        return [.. Enumerable.Range(0, space.Size).OrderByDescending(Variance).Take(Math.Max(1, request.Rows))];
    }
}
