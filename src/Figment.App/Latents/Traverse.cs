using System.Globalization;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.App;

/// <summary>What each number of the code does, or a plane of two of them.</summary>
public sealed record TraverseRequest : PictureRequest
{
    /// <summary>The test image to begin with; null begins at the prior's mean, or at that of the test images' codes
    /// where there is no prior.</summary>
    public int? Image { get; init; }

    /// <summary>The class to hold, of a model that is told one; null begins between all classes, or at the
    /// image's.</summary>
    public string? Class { get; init; }

    /// <summary>Which numbers of the code, one a row; empty takes those that tell the most: that differ most between
    /// images, or that change the picture most where the model only decodes. Of a plane: across, then up.</summary>
    public IReadOnlyList<int> Dimensions { get; init; } = [];

    /// <summary>Rows at most, when the dimensions are chosen.</summary>
    public int Rows { get; init; } = 10;

    /// <summary>Images in a row.</summary>
    public int Steps { get; init; } = 13;

    /// <summary>How far to go from the middle, in standard deviations of the prior; where there is none, of the test
    /// images' codes.</summary>
    public double Range { get; init; } = 3;

    /// <summary>A plane of two numbers of the code as a square of this many images a side; 0 for rows.</summary>
    public int Manifold { get; init; }
}

/// <summary>Shows what the numbers of a code mean.</summary>
public static class Traverse
{
    private const int ImagesForCodes = 1000;
    private const int EffectsAtOnce = 25;

    /// <summary>Rows along single numbers of the code, or a plane of two.</summary>
    public static PictureResult Run(TraverseRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress);
        var data = trained.Data(progress, cancellation);
        var ofImages = new Lazy<CodeSpread>(() => Codes(space, data, request.Seed, cancellation));
        // Where there is no prior, the codes themselves say where the middle is and how far they go.
        var (middle, deviation, whose) = space.Prior ?? ofImages.Value;
        var origin = request.Image is { } image
            ? space.Encode(data.Test, [Pictures.Check(image, data.Test)], data.Transform, request.Seed, cancellation)[0]
            : middle;
        var classes = request.Class is null ? null : space.Classes();
        if (classes is not null) origin = classes.With(origin, classes.Parse(request.Class!));
        var settings = new Dictionary<string, string>
        {
            ["begins"] = request.Image is { } number ? $"test image {number}" : $"the {whose}'s mean",
        };
        if (request.Class is { } held) settings["class"] = held;
        float Place(int dimension, double deviations) =>
            (float)(middle[dimension] + (deviation[dimension] * deviations));
        if (request.Manifold > 0)
        {
            // Equal shares of the prior: quantiles of the standard normal (Kingma and Welling 2014, figure 4).
            var axes = Axes(request, trained, space);
            var side = request.Manifold;
            float[] shares = [.. Enumerable.Range(0, side).Select(i => (float)((2 * (i + 0.5) / side) - 1))];
            var quantiles = new float[side];
            Pictures.Read(() => Math.Sqrt(2) * Tensor.From<float>(shares, side).Erfinv(), quantiles);
            settings["plane"] = $"normal quantiles of the {whose}";
            settings["dimensions"] = Pictures.List(axes);
            var plane = quantiles.Reverse().SelectMany(y => quantiles.Select(x =>
                With(origin, (axes[0], Place(axes[0], x)), (axes[1], Place(axes[1], y))))).ToList();
            return Pictures.Write(trained, request, "manifold", space.Decode(plane, cancellation), side, settings);
        }

        Pictures.AtLeast(2, request.Steps, "steps");
        IReadOnlyList<int> dimensions = request.Dimensions.Count > 0
            ? [.. request.Dimensions.Select(space.CheckDimension)]
            : [.. (space.Encodes ? ofImages.Value.Deviation : Effects(space, origin, deviation, progress, cancellation))
                .Select((tells, dimension) => (tells, dimension)).Where(n => classes?.Holds(n.dimension) is not true)
                .OrderByDescending(n => n.tells).Take(Math.Max(1, request.Rows)).Select(n => n.dimension)];
        settings["dimensions"] = Pictures.List(dimensions);
        settings["range"] =
            string.Create(CultureInfo.InvariantCulture, $"{request.Range} standard deviations of the {whose}");
        var path = dimensions.SelectMany(dimension => Enumerable.Range(0, request.Steps).Select(step =>
            With(origin, (dimension, Place(dimension, request.Range * ((2.0 * step / (request.Steps - 1)) - 1))))))
            .ToList();
        return Pictures.Write(trained, request, "traversal", space.Decode(path, cancellation), request.Steps,
            settings);
    }

    private static int[] Axes(TraverseRequest request, TrainedModel trained, LatentSpace space) =>
        (request.Dimensions.Count, space.Size) switch
        {
            (2, _) => [.. request.Dimensions.Select(space.CheckDimension)],
            (0, 2) => [0, 1],
            (0, _) => throw new FigmentException($"the code of {trained.Run.Id} has {space.Size} numbers: which plane?",
                "name two of them with --dims, or train a code of two: figment train vae-mnist-2d", isUsage: true),
            _ => throw new FigmentException("a plane has two dimensions", "give two numbers after --dims",
                isUsage: true),
        };

    private static float[] With(float[] origin, params ReadOnlySpan<(int Dimension, float Value)> numbers)
    {
        var code = (float[])origin.Clone();
        foreach (var (dimension, value) in numbers) code[dimension] = value;
        return code;
    }

    // Where the codes of test images lie. A number whose mean varies between images carries information; one that the
    // prior has swallowed stays at 0.
    private static CodeSpread Codes(LatentSpace space, DataSplits data, ulong seed, CancellationToken cancellation) =>
        data.Test.Count == 0
            ? throw new FigmentException($"{data.Test.Name} is empty, and its codes say where to go",
                "set data.test to a number of images to hold back, or name numbers of the code with --dims",
                isUsage: true)
            : CodeSpread.Of(space.Encode(data.Test, ImageSubset.Spread(data.Test.Count, ImagesForCodes),
                data.Transform, seed, cancellation), "test codes");

    // How much the picture changes from a deviation below to one above, number by number. To search for the codes of
    // many images would take minutes.
    private static double[] Effects(LatentSpace space, float[] origin, double[] deviation,
        IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var effects = new double[space.Size];
        foreach (var some in Enumerable.Range(0, space.Size).Chunk(EffectsAtOnce))
        {
            progress.Report(new Advanced("trying the code's numbers", some[0], space.Size));
            var pictures = space.Decode([.. some.SelectMany(j => (float[][])[
                With(origin, (j, origin[j] - (float)deviation[j])),
                With(origin, (j, origin[j] + (float)deviation[j]))])], cancellation);
            var size = pictures.Length / (2 * some.Length);
            for (var n = 0; n < some.Length; n++)
                effects[some[n]] = Enumerable.Range(2 * n * size, size)
                    .Sum(i => Math.Pow(pictures[i] - pictures[i + size], 2));
        }

        return effects;
    }
}
