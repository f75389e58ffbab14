using System.Text.Json.Serialization;
using Figment.Data;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.App;

/// <summary>Which sets to set side by side.</summary>
public sealed record DataComparisonRequest
{
    /// <summary>The data that count as real: a set's name or a path.</summary>
    public required string Data { get; init; }

    /// <summary>What is compared with them, brought to their size; the same name takes every other image of the split
    /// for the one side and the rest for the other.</summary>
    public required string With { get; init; }

    /// <summary><c>fd</c>, <c>kd</c>, <c>precision</c> (with recall) or <c>density</c> (with coverage).</summary>
    public string Metric { get; init; } = "fd";

    /// <summary>In whose features: as in <see cref="EvaluateRequest.Extractor"/>.</summary>
    public string? Extractor { get; init; }

    /// <summary>Images of each side, at equal distances over the split; fewer where there are fewer.</summary>
    public int Samples { get; init; } = 10_000;

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Height and width that the data are brought to first; 0 keeps their own.</summary>
    public int Size { get; init; }

    /// <summary>The folder of runs, where a trained classifier is named.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;

    /// <summary>Where to compute.</summary>
    public string Device { get; init; } = "cpu";
}

/// <summary>How far two sets lie apart.</summary>
/// <param name="Metric">What was measured.</param>
/// <param name="Value">The figure.</param>
/// <param name="StandardError">Of the figure.</param>
/// <param name="With">What was compared with the protocol's data.</param>
/// <param name="Protocol">What a comparison of figures must share; its samples are images of the other set.</param>
/// <param name="Also">What the same estimator tells beside it.</param>
public sealed record DataComparisonResult(string Metric, double Value, double StandardError, string With,
    Protocol Protocol, IReadOnlyList<FurtherFigure> Also)
{
    /// <summary>All of it in one line.</summary>
    [JsonIgnore]
    public string Text => $"{With}: " + new Measurement(Metric, "", Value, StandardError, Protocol) { Also = Also };
}

/// <summary>
/// Measures data as if it were samples: what perfect samples would get (a set against itself), and what others would.
/// </summary>
public static class DataComparison
{
    /// <summary>The names of the measures.</summary>
    public static IReadOnlyList<string> Metrics => SetMeasures.Names;

    /// <summary>The names of networks of photographs that may judge.</summary>
    public static IReadOnlyList<string> Networks => Extractor.Packaged;

    /// <summary>Sets two sets side by side.</summary>
    /// <exception cref="FigmentException">They cannot be compared so.</exception>
    public static DataComparisonResult Run(DataComparisonRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!SetMeasures.Names.Contains(request.Metric))
            throw new FigmentException($"sets are not compared by '{request.Metric}'",
                $"choose one of {string.Join(", ", SetMeasures.Names)}", isUsage: true);
        if (request.Samples < 2) throw new FigmentException("samples must be at least 2", isUsage: true);
        var split = Splits.Parse(request.Split);
        var news = new DataProgressEvents(progress);
        var data = DataSets.Open(new DataOptions { Source = request.Data, Size = request.Size }, null, news,
            cancellation);
        var (real, other) = (data[split], data[split]);
        if (request.With == request.Data)
        {
            (real, other) = (EveryOther(real, 0), EveryOther(real, 1));
        }
        else
        {
            var shape = data.Train.Shape;
            if (data.Transform.IsReal || shape.Height != shape.Width)
                throw new FigmentException($"{data.Name} gives {shape}, which another set is not brought to",
                    "choose square pictures, or a --size", isUsage: true);
            other = DataSets.Open(new DataOptions
            {
                Source = request.With,
                Size = shape.Height,
                Channels = shape.Channels,
            }, null, news, cancellation)[split];
        }

        (real, other) = (ImageSubset.Spread(real, request.Samples), ImageSubset.Spread(other, request.Samples));
        // The errors of a distance are those of 20 groups of two.
        if (Math.Min(real.Count, other.Count) < 2 * FrechetDistance.Groups)
            throw new FigmentException($"{real.Name} and {other.Name} have {real.Count} and {other.Count} images; "
                + $"{2 * FrechetDistance.Groups} of each are the fewest", "choose another --split or more --samples",
                isUsage: true);
        NativeLoader.EnsureLoaded();
        using var extractor = Extractor.Open(request.Extractor,
            new ModelSource { RunsFolder = request.RunsFolder, Device = request.Device }, data.Name, progress,
            cancellation);
        var device = ComputeDevice.Resolve(request.Device);
        var figure = TensorScope.Run(() => NoGrad.Run(() => SetMeasures.Between(request.Metric, Rows(real), Rows(other),
            progress, cancellation)));
        return new DataComparisonResult(extractor.NameOf(request.Metric), figure.Figure.Mean,
            figure.Figure.StandardError, other.Name, new Protocol
            {
                Data = data.Name,
                DataHash = real.ContentHash,
                Split = split.ToString().ToLowerInvariant(),
                Examples = real.Count,
                Binarization = data.BinarizationName,
                Estimator = figure.Estimator,
                Draws = 0,
                Samples = other.Count,
                Extractor = extractor.Name,
                ExtractorHash = extractor.Hash,
                Preparation = extractor.Preparation,
                Seed = 0,
            }, [.. figure.Also.Select(also => new FurtherFigure(also.Name, "", also.Figure.Mean,
                also.Figure.StandardError))]);

        Tensor Rows(IImageSource images) => SetMeasures.Rows(images, data.Transform,
            view => extractor.Read(view, extractor.Features), 0, device, progress, cancellation);
    }

    private static ImageSubset EveryOther(IImageSource whole, int first) => new(
        $"{whole.Name}, {(first == 0 ? "even" : "odd")} places", whole,
        [.. Enumerable.Range(0, whole.Count).Where(i => i % 2 == first)]);
}
