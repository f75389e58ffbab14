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

    /// <summary>How to go.</summary>
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
    /// <exception cref="FigmentException">The model encodes no images, a stop means nothing, or there is no program to
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
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained);
        var (ways, names) = Stops(request, trained, space, progress, cancellation);

        var columns = ((ways[0].Length - 1) * (request.Steps - 1)) + 1;
        var path = ways.SelectMany(stops => Walk(stops, request)).ToList();
        var settings = new Dictionary<string, string>
        {
            ["images"] = names,
            ["way"] = request.Way == CodeWay.Linear ? "straight in the codes' means" : "spherical in the codes' means",
        };
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

    private static (List<float[][]> Ways, string Names) Stops(InterpolateRequest request, TrainedModel trained,
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

    private static IEnumerable<float[]> Walk(float[][] stops, InterpolateRequest request)
    {
        for (var stop = 0; stop + 1 < stops.Length; stop++)
            for (var step = stop == 0 ? 0 : 1; step < request.Steps; step++)
                yield return Between(stops[stop], stops[stop + 1], (double)step / (request.Steps - 1), request.Way);
    }
}
