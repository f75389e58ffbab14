using System.Globalization;

namespace Figment.App;

/// <summary>Sets of pictures for a - b + c; each word a test image's number, <c>class:NAME</c>, or a file.</summary>
public sealed record ArithmeticRequest : PictureRequest
{
    /// <summary>The set to begin with.</summary>
    public IReadOnlyList<string> A { get; init; } = [];

    /// <summary>The set to take away.</summary>
    public IReadOnlyList<string> B { get; init; } = [];

    /// <summary>The set to add.</summary>
    public IReadOnlyList<string> C { get; init; } = [];

    /// <summary>Pictures of each set that are shown above its mean.</summary>
    public int Shown { get; init; } = 3;
}

/// <summary>Arithmetic with the mean codes of sets of pictures (Radford et al. 2016, figure 7).</summary>
public static class Arithmetic
{
    /// <summary>Draws four columns: a, b, c, and a - b + c. The last row holds the decoded mean codes and the result;
    /// above them stand pictures of each set.</summary>
    /// <exception cref="FigmentException">A set is empty or a word means nothing.</exception>
    public static PictureResult Run(ArithmeticRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(0, request.Shown, "shown");
        if (request.A.Count == 0 || request.B.Count == 0 || request.C.Count == 0)
            throw new FigmentException("a - b + c needs three sets of pictures",
                "give --a, --b and --c, each with numbers of test images, class:NAME or files", isUsage: true);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress);
        var data = trained.Data(progress, cancellation);
        var sets = new[] { request.A, request.B, request.C }
            .Select(words => ChosenPictures.Of(words, trained, data, request.Seed)).ToList();
        var means = sets.Select(set => LatentSpace.Mean(space.Encode(set.Pixels))).ToList();
        float[] result = [.. Enumerable.Range(0, space.Size).Select(j => means[0][j] - means[1][j] + means[2][j])];

        var (size, rows) = (trained.Shape.Length, Math.Min(request.Shown, sets.Max(set => set.Count)));
        var cells = new float[(rows + 1) * 4 * size];
        for (var column = 0; column < sets.Count; column++)
            for (var row = 0; row < Math.Min(rows, sets[column].Count); row++)
                sets[column].Pixels.AsSpan(row * size, size).CopyTo(cells.AsSpan(((row * 4) + column) * size));
        space.Decode([.. means, result], cancellation).CopyTo(cells.AsSpan(rows * 4 * size));
        return Pictures.Write(trained, request, "arithmetic", cells, 4, new()
        {
            ["a"] = sets[0].Names,
            ["b"] = sets[1].Names,
            ["c"] = sets[2].Names,
            ["counts"] = string.Join(' ', sets.Select(set => set.Count.ToString(CultureInfo.InvariantCulture))),
        });
    }
}
