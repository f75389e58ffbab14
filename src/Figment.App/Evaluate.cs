using System.Globalization;
using System.Text.Json.Serialization;
using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>What to measure.</summary>
public sealed record EvaluateRequest
{
    /// <summary>The model.</summary>
    public ModelSource Source { get; init; } = new();

    /// <summary><c>elbo</c> (one draw, a lower bound), <c>log-likelihood</c> (importance sampling) or
    /// <c>reconstruction</c> (squared error of encoding and decoding). Of a model that gives log p(x) itself the first
    /// two mean that; null takes the log-likelihood where it is exact, else the bound, else the reconstruction.
    /// <c>accuracy</c> is the share that a classifier tells right, <c>category-error</c> the share of images that
    /// categories found without labels put into a wrong class. <c>parzen</c> measures anything that draws samples, by a
    /// Parzen window of them: a check that nothing broke, and no measure of quality. <c>fd</c>, <c>kd</c>,
    /// <c>is</c>, <c>precision</c> (with recall), <c>density</c> (with coverage), <c>modes</c>, <c>agreement</c> (of
    /// classes asked for) and <c>memorisation</c> measure samples, mostly in the features of
    /// <see cref="Extractor"/>.</summary>
    public string? Metric { get; init; }

    /// <summary>Draws of the latent variables an example, for the log-likelihood; exact models draw none.</summary>
    public int Draws { get; init; } = 200;

    /// <summary>Samples of the model that a measure of samples stands on; null takes 10,000, of the modes of colour
    /// images 26,000, of the memorisation of pixels 2,000.</summary>
    public int? Samples { get; init; }

    /// <summary>What judges the samples: the run of a classifier, the name of a network of photographs
    /// (<c>mobilenet-v2-nsfwjs</c>, <c>inception-v3-nsfwjs</c>, <c>inception-2015</c>) or a <c>.safetensors</c> file
    /// with the weights of the last; null takes that of the data: <c>lenet-mnist</c>, <c>lenet-fashion</c>.</summary>
    public string? Extractor { get; init; }

    /// <summary><c>train</c>, <c>validation</c> or <c>test</c>.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Decides the binarisation and the draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Only this many examples, evenly spaced over the split (<see cref="ImageSubset.Spread"/>); the
    /// protocol's hash is of these. 0 takes all.</summary>
    public int Limit { get; init; }

    /// <summary>Another data set (or a folder of pictures) whose examples are scored too, and told apart from the
    /// model's own.</summary>
    public string? Against { get; init; }

    /// <summary>Another run that is measured on the same examples, to tell by how much the model exceeds it.</summary>
    public ModelSource? Over { get; init; }

    /// <summary>Draws the exact bits of every pixel as a heat map.</summary>
    public bool Map { get; init; }

    /// <summary>The heat map's PNG file; null puts it into the run's folder of samples.</summary>
    public string? Out { get; init; }

    /// <summary>Images in the heat map.</summary>
    public int MapImages { get; init; } = 12;

    /// <summary>The command line, written into the heat map.</summary>
    public string? Command { get; init; }
}

/// <summary>A figure with everything that it depends on.</summary>
/// <param name="Run">The run's id.</param>
/// <param name="Checkpoint">The checkpoint's step.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Unit">For example <c>nats</c>.</param>
/// <param name="Value">The mean over the examples.</param>
/// <param name="StandardError">Of the mean.</param>
/// <param name="Protocol">Data, split, binarisation, estimator, draws, seed: what a comparison must share.</param>
/// <param name="Text">The figure and its protocol in one line.</param>
public sealed record EvaluationResult(
    string Run, long Checkpoint, string Metric, string Unit, double Value, double StandardError,
    Protocol Protocol, string Text)
{
    /// <summary>The same figure in bits a dimension, of exact models.</summary>
    public double? BitsPerDimension { get; init; }

    /// <summary>The standard error of the bits a dimension.</summary>
    public double? BitsStandardError { get; init; }

    /// <summary>Whether less of the metric is better: of errors and distances.</summary>
    [JsonIgnore]
    public bool LessIsBetter => Metric == Scoring.Reconstruction || Metric.EndsWith("error", StringComparison.Ordinal)
        || Metric == "fid" || Metric.StartsWith("fd-", StringComparison.Ordinal)
        || Metric.StartsWith("kd-", StringComparison.Ordinal);

    /// <summary>What the same estimator tells beside it: recall beside precision, the divergence of modes.</summary>
    public IReadOnlyList<FurtherFigure> Also { get; init; } = [];

    /// <summary>The other data set's scores, where one was asked for.</summary>
    public SeparationResult? Against { get; init; }

    /// <summary>The gain over another run, where one was named.</summary>
    public GainResult? Over { get; init; }

    /// <summary>The heat map, where one was asked for.</summary>
    public PictureResult? Map { get; init; }
}

/// <summary>By how much a model exceeds another on the same examples.</summary>
/// <param name="Name">The other run's name: a preset, or a model with its data.</param>
/// <param name="Value">The other's figure, under the same protocol.</param>
/// <param name="StandardError">Of the other's figure.</param>
/// <param name="Gain">The mean over the examples of the model's score less the other's.</param>
/// <param name="GainStandardError">Of that mean; the pairs make it smaller than the figures' own errors tell.</param>
public sealed record GainResult(string Name, double Value, double StandardError, double Gain, double GainStandardError)
{
    /// <summary>Of the gain; where it is an error, less is better.</summary>
    public string Unit { get; init; } = "nats";

    /// <summary>The gain in one line.</summary>
    [JsonIgnore]
    public string Text => string.Create(CultureInfo.InvariantCulture,
        $"{Gain:+0.00;-0.00} ± {GainStandardError:0.00} {Unit} over {Name} ({Value:0.00} ± {StandardError:0.00}), "
        + $"example by example");
}

/// <summary>Another data set under the model.</summary>
/// <param name="Value">Its mean score, in the unit of the figure.</param>
/// <param name="StandardError">Of the mean.</param>
/// <param name="BitsPerDimension">The same in bits a dimension, of exact models.</param>
/// <param name="BitsStandardError">Of the bits a dimension.</param>
/// <param name="Auroc">The probability that an example of the model's own data scores higher than one of the other set:
/// 1 tells them apart always, 0.5 never, and below 0.5 the model finds the other set the likelier.</param>
/// <param name="AurocStandardError">Of the AUROC, after DeLong.</param>
/// <param name="Protocol">The other set's protocol.</param>
/// <param name="Text">All of it in one line.</param>
public sealed record SeparationResult(
    double Value, double StandardError, double? BitsPerDimension, double? BitsStandardError,
    double Auroc, double AurocStandardError,
    Protocol Protocol, string Text);

/// <summary>Measures trained models.</summary>
public static class Evaluate
{
    /// <summary>Every metric by name.</summary>
    public static IReadOnlyList<string> Metrics { get; } =
        ["elbo", "log-likelihood", Scoring.Reconstruction, Scoring.Accuracy, ParzenWindow.Metric,
            CategoryError.Metric, .. SampleMeasures.Names];

    /// <summary>Measures a model on a split of its data, and keeps the figure in the run's folder.</summary>
    /// <exception cref="FigmentException">The model cannot be measured so, or the split is empty.</exception>
    public static EvaluationResult Run(EvaluateRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var split = Splits.Parse(request.Split);

        using var trained = TrainedModel.Open(request.Source, progress);
        if (request.Metric == ParzenWindow.Metric)
            return Kept(trained, ParzenWindow.Measure(trained, request, split, progress, cancellation), progress);
        if (SampleMeasures.Names.Contains(request.Metric))
            return Kept(trained, SampleMeasures.Measure(trained, request, split, progress, cancellation), progress);
        if (request.Metric == CategoryError.Metric)
            return Kept(trained, CategoryError.Measure(trained, request, split, progress, cancellation), progress);
        var scoring = new Scoring(trained, request, progress, cancellation);
        var data = trained.Data(progress, cancellation);
        var map = request.Map ? new BitMap(trained, request.MapImages,
            request.Limit > 0 ? Math.Min(request.Limit, data[split].Count) : data[split].Count) : null;
        var (own, scores) = scoring.Measure(data, split, data.BinarizationName, map);
        var against = request.Against is { } other
            ? Separate(scoring, own, scores, other, split, trained, progress, cancellation) : null;
        var gain = request.Over is { } lesser ? Gain(lesser, own, scores, request, progress, cancellation) : null;
        return Kept(trained, own, progress, against, gain, map?.Write(request, data[split]));
    }

    /// <summary>Scores another set in the same way, and tells how well the two are told apart.</summary>
    internal static SeparationResult Separate(Scoring scoring, Measurement own, double[] scores, string other,
        Split split, TrainedModel trained, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var (theirs, form) = Open(other, trained, trained.Data(progress, cancellation), progress, cancellation);
        var (measurement, theirScores) = scoring.Measure(theirs, split, form, null);
        var auroc = own.Metric == Scoring.Reconstruction // an error: less is more like the model's own
            ? Separation.Auroc([.. scores.Select(error => -error)], [.. theirScores.Select(error => -error)])
            : Separation.Auroc(scores, theirScores);
        return new SeparationResult(measurement.Value, measurement.StandardError,
            measurement.BitsPerDimension?.Mean,
            measurement.BitsPerDimension?.StandardError, auroc.Mean, auroc.StandardError, measurement.Protocol,
            string.Create(CultureInfo.InvariantCulture,
                $"{measurement}; AUROC {auroc.Mean:F4} ± {auroc.StandardError:F4} against {own.Protocol.Data}"));
    }

    private static EvaluationResult Kept(TrainedModel trained, Measurement own, IProgress<WorkEvent> progress,
        SeparationResult? against = null, GainResult? over = null, PictureResult? map = null)
    {
        var result = new EvaluationResult(trained.Run.Id, trained.Checkpoint.Manifest.Step, own.Metric, own.Unit,
            own.Value, own.StandardError, own.Protocol, own.ToString())
        {
            Also = own.Also,
            BitsPerDimension = own.BitsPerDimension?.Mean,
            BitsStandardError = own.BitsPerDimension?.StandardError,
            Against = against,
            Over = over,
            Map = map,
        };
        EvaluationLog.Append(trained, result, progress);
        return result;
    }

    // The other set in the form in which the model takes its own: its size, its channels, black and white where its own
    // are.
    internal static (DataSplits Data, string Form) Open(string source, TrainedModel trained,
        DataSplits own, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        var (options, shape) = (trained.Configuration.Options.Data, trained.Shape);
        var isReal = own.Transform.IsReal;
        var other = DataSets.Open(new DataOptions
        {
            Source = source,
            Size = isReal || shape.Height != shape.Width ? 0 : shape.Height,
            Channels = isReal ? 0 : shape.Channels,
            Fit = options.Fit,
            Binarize = own.BinarizationName == "static" ? Binarization.Dynamic : options.Binarize,
        }, null, new DataProgressEvents(progress), cancellation);
        if (other.Shape != shape || other.Transform.IsReal != isReal)
            throw new FigmentException($"{other.Name} gives {other.Shape} {other.BinarizationName}, "
                + $"but {trained.Run.Id} takes {shape} {own.BinarizationName}",
                "choose a data set of the same form", isUsage: true);
        // Black and white are drawn as what they are.
        return (other, other.Transform.Binarization != Binarization.None && other.Train.IsBinary
            ? "static" : other.BinarizationName);
    }

    // The seed makes the same binarisation and the same noise of both models' examples, so that their scores are pairs.
    private static GainResult Gain(ModelSource source, Measurement own, double[] scores,
        EvaluateRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        using var trained = TrainedModel.Open(source, progress);
        var data = trained.Data(progress, cancellation);
        var (other, theirs) = new Scoring(trained, request with { Map = false }, progress, cancellation)
            .Measure(data, Enum.Parse<Split>(request.Split, ignoreCase: true), data.BinarizationName, null);
        if (own.Protocol.Differences(other.Protocol) is { Count: > 0 } differences)
            throw new FigmentException($"{trained.Run.Id} was measured otherwise: {string.Join("; ", differences)}",
                "name a run on the same data, measured in the same way", isUsage: true);
        var gain = Estimate.Of([.. scores.Zip(theirs, (mine, its) => mine - its)]);
        return new GainResult(trained.Run.Name, other.Value, other.StandardError, gain.Mean, gain.StandardError)
        {
            Unit = own.Unit,
        };
    }
}
