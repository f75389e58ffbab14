using Figment.Torch;

namespace Figment.App;

/// <summary>The way from one code to another.</summary>
public enum CodeWay
{
    /// <summary>Along the straight line.</summary>
    Linear,

    /// <summary>Along the great circle, the length changing with the angle: codes of a wide standard normal lie near a
    /// sphere, whose inside the straight line cuts through (White 2016, https://arxiv.org/abs/1609.04468).</summary>
    Spherical,
}

/// <summary>Ways from one picture to another, through their codes.</summary>
public sealed record InterpolateRequest : PictureRequest
{
    /// <summary>Ways, one a row, where the pictures are picked by the seed.</summary>
    public int Count { get; init; } = 8;

    /// <summary>Images from one stop to the next, both included.</summary>
    public int Steps { get; init; } = 12;

    /// <summary>Test images to go between, as pairs of numbers; empty picks them by the seed.</summary>
    public IReadOnlyList<int> Images { get; init; } = [];

    /// <summary>One way through many stops instead: numbers of test images, <c>class:NAME</c> (its images), or
    /// files; 2 to 100.</summary>
    public IReadOnlyList<string> Through { get; init; } = [];

    /// <summary>Ways from class to class instead, of a model that is told a class: numbers of two classes or more. Each
    /// way has a code of its own, drawn by the seed, whose other part stays.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Ways between drawn codes of this class instead.</summary>
    public string? Class { get; init; }

    /// <summary>How to go; the class part of a code goes straight.</summary>
    public CodeWay Way { get; init; } = CodeWay.Linear;

    /// <summary>Frames a second of a moving picture (a file <c>.apng</c> or <c>.mp4</c>).</summary>
    public int Speed { get; init; } = 12;
}

/// <summary>Walks between pictures through their codes.</summary>
public static class Interpolate
{
    private const int MostStops = 100;

    /// <summary>Draws a row for each way; into a file <c>.apng</c> or <c>.mp4</c>, the ways side by side,
    /// moving.</summary>
    /// <exception cref="FigmentException">The model has no codes, a stop means nothing, or there is no program to
    /// write a video with.</exception>
    public static PictureResult Run(InterpolateRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(1, request.Count, "count");
        Pictures.AtLeast(2, request.Steps, "steps");
        if (request.Speed is < 1 or > 1000)
            throw new FigmentException($"a moving picture has 1 to 1000 frames a second, not {request.Speed}",
                isUsage: true);
        if (request.Images.Count % 2 != 0)
            throw new FigmentException("the images to go between come in pairs", "give an even number", isUsage: true);
        if (request.Images.Count > 0 && request.Through.Count > 0)
            throw new FigmentException("--between and --through say two things", "give one of them", isUsage: true);
        if (request.Classes.Count == 1)
            throw new FigmentException("a way between classes needs two or more", "give --classes 3 8", isUsage: true);
        var asked = new[] { request.Images.Count > 0 || request.Through.Count > 0, request.Classes.Count > 0,
            request.Class is not null };
        if (asked.Count(given => given) > 1)
            throw new FigmentException("images, --classes and --class say different things", "give one of them",
                isUsage: true);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress);
        var classes = request.Classes.Count > 0 || request.Class is not null ? space.Classes() : null;
        var (ways, names) = classes is null ? Stops(request, trained, space, progress, cancellation)
            : (ClassStops(request, classes, space), null);

        var columns = ((ways[0].Length - 1) * (request.Steps - 1)) + 1;
        var path = ways.SelectMany(stops => Walk(stops, request, classes)).ToList();
        var codes = classes is null ? "the codes' means" : "drawn codes";
        var settings = new Dictionary<string, string>
        {
            ["way"] = $"{(request.Way == CodeWay.Linear ? "straight" : "spherical")} in {codes}",
        };
        if (names is not null) settings["images"] = names;
        if (classes is not null) settings["classes"] = request.Class ?? string.Join(' ', request.Classes);
        var pixels = space.Decode(path, cancellation);
        return PictureFile.IsMoving(request.Out)
            ? Pictures.WriteMoving(trained, request, "interpolation", pixels, columns, request.Speed, settings,
                cancellation)
            : Pictures.Write(trained, request, "interpolation", pixels, columns, settings);
    }

    /// <summary>A code between two others.</summary>
    /// <param name="from">Where t is 0.</param>
    /// <param name="to">Where t is 1.</param>
    /// <param name="t">0 to 1.</param>
    /// <param name="way">How to go.</param>
    internal static float[] Between(float[] from, float[] to, double t, CodeWay way)
    {
        var (start, end) = (1 - t, t);
        if (way == CodeWay.Spherical)
        {
            double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();
            var lengths = Math.Sqrt(Dot(from, from) * Dot(to, to));
            var angle = lengths == 0 ? 0 : Math.Acos(Math.Clamp(Dot(from, to) / lengths, -1, 1));
            // Codes in one line leave no circle to go along.
            if (Math.Sin(angle) > 1e-6)
                (start, end) = (Math.Sin((1 - t) * angle) / Math.Sin(angle), Math.Sin(t * angle) / Math.Sin(angle));
        }

        return [.. from.Zip(to, (a, b) => (float)((start * a) + (end * b)))];
    }

    private static (List<float[][]> Ways, string? Names) Stops(InterpolateRequest request, TrainedModel trained,
        LatentSpace space, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var data = trained.Data(progress, cancellation);
        if (request.Through.Count > 0)
        {
            var stops = ChosenPictures.Of(request.Through, trained, data, request.Seed);
            Pictures.AtLeast(2, stops.Count, "stops");
            if (stops.Count > MostStops)
                throw new FigmentException($"{stops.Count} stops are more than the {MostStops} that a way may have",
                    "name fewer pictures", isUsage: true);
            return ([space.Encode(stops.Pixels)], stops.Names);
        }

        using var rng = new Rng(request.Seed);
        int[] chosen = request.Images.Count > 0
            ? [.. request.Images.Select(image => Pictures.Check(image, data.Test))]
            : Pictures.Choose(data.Test, 2 * request.Count, rng);
        if (chosen.Length < 2)
            throw new FigmentException($"{data.Test.Name} has one image only: there is nowhere to go", isUsage: true);
        var codes = space.Encode(data.Test, chosen, data.Transform, request.Seed, cancellation);
        return ([.. codes.Chunk(2).Where(pair => pair.Length == 2)], Pictures.List(chosen));
    }

    // From class to class with the rest of a drawn code held, or between two drawn codes of one class.
    private static List<float[][]> ClassStops(InterpolateRequest request, CodeClasses classes, LatentSpace space)
    {
        if (request.Class is { } held)
        {
            var label = classes.Parse(held);
            return [.. space.Draw(2 * request.Count, request.Seed).Select(code => classes.With(code, label)).Chunk(2)];
        }

        int[] labels = [.. request.Classes.Select(classes.Parse)];
        if (labels.Length > MostStops)
            throw new FigmentException($"{labels.Length} stops are more than the {MostStops} that a way may have",
                "name fewer classes", isUsage: true);
        return [.. space.Draw(request.Count, request.Seed)
            .Select(code => labels.Select(label => classes.With(code, label)).ToArray())];
    }

    private static IEnumerable<float[]> Walk(float[][] stops, InterpolateRequest request, CodeClasses? classes)
    {
        for (var stop = 0; stop + 1 < stops.Length; stop++)
            for (var step = stop == 0 ? 0 : 1; step < request.Steps; step++)
            {
                var (from, to, t) = (stops[stop], stops[stop + 1], (double)step / (request.Steps - 1));
                yield return classes?.Between(from, to, t, request.Way) ?? Between(from, to, t, request.Way);
            }
    }
}
