using System.Globalization;
using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Sets;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Pictures that show what a model has learned. Each carries its settings inside.</summary>
public static class Pictures
{
    private const int BatchSize = 250;
    private const int ImagesForCodes = 1000;

    /// <summary>New images.</summary>
    public static PictureResult Sample(SampleRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AtLeast(1, request.Count, "count");
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IDrawsSamples>("draw samples");
        var labels = Labels(trained, request);
        var total = labels?.Length ?? request.Count;
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("sample", trained.Device);
        var pixels = new float[checked(total * trained.Shape.Length)];
        for (var done = 0; done < total;)
        {
            cancellation.ThrowIfCancellationRequested();
            var (from, count) = (done, Math.Min(BatchSize, total - done));
            Read(() => labels is null
                ? model.Sample(count, rng, mean: !request.DrawPixels)
                : ((IKnowsClasses)model).SampleOf(Tensor.From<long>(labels.AsSpan(from, count), trained.Device, count),
                    rng, mean: !request.DrawPixels),
                pixels.AsSpan(done * trained.Shape.Length));
            done += count;
            progress.Report(new Advanced("drawing", done, total, "images"));
        }

        var columns = request.Class == SampleRequest.AllClasses && request.Columns == 0
            ? request.Count : request.Columns;
        var settings = new Dictionary<string, string> { ["pixels"] = request.DrawPixels ? "drawn" : "means" };
        if (request.Class is { } asked) settings["class"] = asked;
        return Write(trained, request, "samples", pixels, columns, settings);
    }

    // The label of each image that is asked for; null where no class is.
    private static long[]? Labels(TrainedModel trained, SampleRequest request)
    {
        if (request.Class is not { } asked) return null;
        var id = trained.Configuration.Card.Id;
        var classes = (trained.Module as IKnowsClasses ?? throw new FigmentException($"{id} knows no classes",
            "leave out --class, or train a model that does: figment models list", isUsage: true)).Classes;
        if (classes == 0)
            throw new FigmentException($"{trained.Run.Id} was trained without classes",
                $"train one with them: figment train {id} --set model.classes=10", isUsage: true);
        if (asked == SampleRequest.AllClasses)
            return [.. Enumerable.Range(0, classes).SelectMany(label => Enumerable.Repeat((long)label, request.Count))];
        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var one) && one < classes
            ? [.. Enumerable.Repeat((long)one, request.Count)]
            : throw new FigmentException($"{trained.Run.Id} has no class '{asked}'",
                $"choose from 0 to {classes - 1}, or all", isUsage: true);
    }

    /// <summary>Test images above their reconstructions.</summary>
    public static PictureResult Reconstruct(ReconstructRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AtLeast(1, request.Count, "count");
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IEncodesImages>("encode images");
        var data = trained.Data(progress, cancellation);
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("reconstruct", trained.Device);
        var chosen = Choose(data.Test, request.Count, root);
        var size = trained.Shape.Length * chosen.Length;
        var pixels = new float[2 * size];
        Read(() => data.Test.Pick(chosen, data.Transform, request.Seed).Images, pixels);
        Read(() => model.Reconstruct(data.Test.Pick(chosen, data.Transform, request.Seed, trained.Device).Images,
            request.DrawCode ? rng : null), pixels.AsSpan(size));
        return Write(trained, request, "reconstructions", pixels, chosen.Length,
            new() { ["code"] = request.DrawCode ? "drawn" : "mean", ["images"] = List(chosen) });
    }

    /// <summary>Ways between test images, straight in the code.</summary>
    public static PictureResult Interpolate(InterpolateRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        AtLeast(2, request.Steps, "steps");
        if (request.Images.Count % 2 != 0)
            throw new FigmentException("the images to go between come in pairs", "give an even number", isUsage: true);
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IEncodesImages>("encode images");
        var data = trained.Data(progress, cancellation);
        using var rng = new Rng(request.Seed);
        var chosen = request.Images.Count > 0
            ? [.. request.Images.Select(image => Check(image, data.Test))]
            : Choose(data.Test, 2 * request.Count, rng);
        var codes = Codes(trained, model, data, chosen, request.Seed);
        var path = new List<float[]>();
        for (var row = 0; row + 1 < codes.Length; row += 2)
            for (var step = 0; step < request.Steps; step++)
            {
                var t = step / (float)(request.Steps - 1);
                path.Add([.. codes[row].Zip(codes[row + 1], (a, b) => ((1 - t) * a) + (t * b))]);
            }

        return Write(trained, request, "interpolation", Decode(trained, model, path, cancellation), request.Steps,
            new() { ["images"] = List(chosen), ["way"] = "straight in the code's means" });
    }

    /// <summary>Rows along single numbers of the code, or the plane of a two-number code.</summary>
    public static PictureResult Traverse(TraverseRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var trained = TrainedModel.Open(request.Source, progress);
        var model = trained.As<IEncodesImages>("encode images");
        if (request.Manifold > 0) return Manifold(request, trained, model, cancellation);

        AtLeast(2, request.Steps, "steps");
        var data = trained.Data(progress, cancellation);
        var origin = request.Image is { } image
            ? Codes(trained, model, data, [Check(image, data.Test)], request.Seed)[0] : new float[model.LatentSize];
        var dimensions = request.Dimensions.Count > 0 ? request.Dimensions : MostTelling(trained, model, data, request);
        var path = new List<float[]>();
        foreach (var dimension in dimensions)
        {
            if (dimension < 0 || dimension >= model.LatentSize)
                throw new FigmentException($"the code has no number {dimension}",
                    $"choose from 0 to {model.LatentSize - 1}", isUsage: true);
            for (var step = 0; step < request.Steps; step++)
            {
                var code = (float[])origin.Clone();
                code[dimension] = (float)(request.Range * ((2.0 * step / (request.Steps - 1)) - 1));
                path.Add(code);
            }
        }

        return Write(trained, request, "traversal", Decode(trained, model, path, cancellation), request.Steps, new()
        {
            ["dimensions"] = List(dimensions),
            ["range"] = request.Range.ToString(CultureInfo.InvariantCulture),
            ["begins"] = request.Image is { } number ? $"test image {number}" : "the prior's mean",
        });
    }

    // Equal shares of the prior: the plane's coordinates are quantiles of the standard normal (figure 4 of the paper).
    private static PictureResult Manifold(TraverseRequest request, TrainedModel trained,
        IEncodesImages model, CancellationToken cancellation)
    {
        if (model.LatentSize != 2)
            throw new FigmentException($"the code of {trained.Run.Id} has {model.LatentSize} numbers and no plane",
                "train one of two numbers: figment train vae-mnist-2d", isUsage: true);
        var side = request.Manifold;
        float[] shares = [.. Enumerable.Range(0, side).Select(i => (float)((2 * (i + 0.5) / side) - 1))];
        var quantiles = new float[side];
        Read(() => Math.Sqrt(2) * Tensor.From<float>(shares, side).Erfinv(), quantiles);
        var path = quantiles.Reverse().SelectMany(y => quantiles.Select(x => new[] { x, y })).ToList();
        return Write(trained, request, "manifold", Decode(trained, model, path, cancellation),
            side, new() { ["plane"] = "quantiles of the prior" });
    }

    // A number whose mean varies between images carries information; one that the prior has swallowed stays at 0.
    private static List<int> MostTelling(TrainedModel trained, IEncodesImages model,
        DataSplits data, TraverseRequest request)
    {
        var codes = Codes(trained, model, data,
            [.. Enumerable.Range(0, Math.Min(ImagesForCodes, data.Test.Count))], request.Seed);
        double Variance(int dimension)
        {
            var mean = codes.Average(code => code[dimension]);
            return codes.Average(code => (code[dimension] - mean) * (code[dimension] - mean));
        }

        return [.. Enumerable.Range(0, model.LatentSize).OrderByDescending(Variance).Take(Math.Max(1, request.Rows))];
    }

    private static float[][] Codes(TrainedModel trained, IEncodesImages model, DataSplits data,
        int[] images, ulong seed)
    {
        var codes = new float[images.Length * model.LatentSize];
        Read(() => model.Encode(data.Test.Pick(images, data.Transform, seed, trained.Device).Images), codes);
        return [.. codes.Chunk(model.LatentSize)];
    }

    private static float[] Decode(TrainedModel trained, IEncodesImages model, List<float[]> codes,
        CancellationToken cancellation)
    {
        var shape = trained.Shape;
        var pixels = new float[checked(codes.Count * shape.Length)];
        for (var done = 0; done < codes.Count; done += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = codes.Skip(done).Take(BatchSize).ToList();
            float[] flat = [.. batch.SelectMany(code => code)];
            Read(() => model.Decode(Tensor.From<float>(flat, trained.Device, batch.Count, model.LatentSize)),
                pixels.AsSpan(done * shape.Length));
        }

        return pixels;
    }

    internal static void Read(Func<Tensor> make, Span<float> into)
    {
        var numbers = TensorScope.Run(() => NoGrad.Run(() => make().ToArray<float>()));
        numbers.CopyTo(into);
    }

    internal static int[] Choose(IImageSource source, int count, Rng rng)
    {
        if (source.Count == 0)
            throw new FigmentException($"{source.Name} is empty", "set data.test to a number of images to hold back");
        using var stream = rng.Stream("images");
        return [.. TensorScope.Run(() => stream.Permutation(source.Count).ToArray<long>())
            .Take(Math.Min(count, source.Count)).Select(i => (int)i)];
    }

    internal static int Check(int image, IImageSource source) => image >= 0 && image < source.Count
        ? image
        : throw new FigmentException($"{source.Name} has no image {image}",
            $"choose from 0 to {source.Count - 1}", isUsage: true);

    internal static void AtLeast(int least, int value, string name)
    {
        if (value < least) throw new FigmentException($"{name} must be at least {least}, not {value}", isUsage: true);
    }

    internal static string List(IEnumerable<int> numbers) => string.Join(' ', numbers);

    internal static PictureResult Write(TrainedModel trained, PictureRequest request,
        string kind, float[] pixels, int columns,
        Dictionary<string, string> own)
    {
        var (shown, shape) = trained.ToPicture(pixels);
        var picture = new ImageGrid { Columns = columns, Scale = Math.Clamp(request.Scale, 1, 32) }.Tile(shown, shape);
        var settings = new Dictionary<string, string>
        {
            ["figment.command"] = request.Command ?? "",
            ["figment.seed"] = request.Seed.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in own) settings[$"figment.{name}"] = value;
        return PictureFile.Save(trained, request.Out, kind, picture, pixels.Length / trained.Shape.Length, settings);
    }
}
