using System.Globalization;
using System.Text.Json.Serialization;

namespace Figment.Evaluation;

/// <summary>Everything that a figure depends on besides the model. Two figures may be ranked only if these are
/// equal.</summary>
public sealed record Protocol
{
    /// <summary>The data set's name, for example <c>mnist</c>.</summary>
    public required string Data { get; init; }

    /// <summary>SHA-256 over the pixels, labels and shape of the part that was used.</summary>
    public required string DataHash { get; init; }

    /// <summary>train, validation or test.</summary>
    public required string Split { get; init; }

    /// <summary>Examples that the figure is the mean of.</summary>
    public required int Examples { get; init; }

    /// <summary>static, dynamic, threshold or none, or how bytes became real numbers: never to be mixed.</summary>
    public required string Binarization { get; init; }

    /// <summary>How the figure was computed, for example <c>exact</c>, <c>elbo</c> or
    /// <c>importance sampling</c>.</summary>
    public required string Estimator { get; init; }

    /// <summary>Draws of the latent variables an example; 0 where the estimator draws none.</summary>
    public required int Draws { get; init; }

    /// <summary>Decides the binarisation and every draw.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Samples of the model that the figure stands on; null where it draws none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Samples { get; init; }

    /// <summary>The Parzen window's bandwidth. It is chosen for each model anew, so it may differ.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Sigma { get; init; }

    /// <summary>The classifier whose features or classes the figure is in; null where it needs none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Extractor { get; init; }

    /// <summary>SHA-256 of the classifier's weights.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExtractorHash { get; init; }

    /// <summary>How images were brought into the form that the classifier takes; null where they are taken as they
    /// are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Preparation { get; init; }

    /// <summary>Names of what differs, empty when the figures may be ranked. The seed may differ.</summary>
    public IReadOnlyList<string> Differences(Protocol other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (string Name, object? Mine, object? Theirs)[] parts =
        [
            ("data", Data, other.Data), ("data hash", DataHash, other.DataHash), ("split", Split, other.Split),
            ("examples", Examples, other.Examples), ("binarisation", Binarization, other.Binarization),
            ("estimator", Estimator, other.Estimator), ("draws", Draws, other.Draws),
            ("samples", Samples, other.Samples), ("extractor", ExtractorHash, other.ExtractorHash),
            ("preparation", Preparation, other.Preparation),
        ];
        return [.. parts.Where(p => !Equals(p.Mine, p.Theirs))
            .Select(p => $"{p.Name}: {p.Mine ?? "none"} against {p.Theirs ?? "none"}")];
    }

    /// <summary>Whether the figure is log p(x) itself and no bound of it.</summary>
    [JsonIgnore]
    public bool IsExact => Estimator == ExactEstimator;

    /// <summary>The estimator's name where log p(x) is computed and not estimated.</summary>
    public const string ExactEstimator = "exact";

    /// <summary>The estimator's name where log p(x) is that of a Parzen window.</summary>
    public const string ParzenEstimator = "Parzen window, sigma chosen on validation";

    /// <summary>Whether the figure is that of a Parzen window, which stands beside no other.</summary>
    [JsonIgnore]
    public bool IsParzen => Estimator == ParzenEstimator;

    /// <summary>Whether figures stand in one list: the same examples in the same form. The estimator may differ, as a
    /// bound may stand beside an exact figure when both say what they are; a Parzen window is neither.</summary>
    public IReadOnlyList<string> DataDifferences(Protocol other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Differences(other with { Estimator = Estimator, Draws = Draws });
    }

    /// <summary>The protocol in one line, as it is printed beside every figure.</summary>
    public override string ToString() =>
        $"{Data} {Split}, {(Examples > 0 ? $"{Examples:N0} examples, " : "")}{Form}, {Estimator}"
        + (Draws > 0 ? $" with {Draws} {(Draws == 1 ? "draw" : "draws")}" : "")
        + (Sigma is { } sigma ? string.Create(CultureInfo.InvariantCulture, $" ({sigma:0.####})") : "")
        + (Samples is { } samples ? string.Create(CultureInfo.InvariantCulture, $", {samples:N0} samples") : "")
        + (Extractor is { } extractor ? $", judged by {extractor} {Short(ExtractorHash)}" : "")
        + (Preparation is { } preparation ? $" ({preparation})" : "")
        + $", seed {Seed}, data {Short(DataHash)}";

    private static string Short(string? hash) => hash is null ? "" : hash[..Math.Min(12, hash.Length)];

    private string Form => Binarization == "real numbers"
        || Binarization.StartsWith("dequantised", StringComparison.Ordinal) ? Binarization
        : Binarization == "none" ? "pixels in [0, 1], not binarised" : $"{Binarization} binarisation";
}

/// <summary>A figure with its standard error and its protocol; it cannot be printed without them.</summary>
/// <param name="Metric">What was measured, for example <c>elbo</c>.</param>
/// <param name="Unit">For example <c>nats</c>.</param>
/// <param name="Value">The mean over the examples.</param>
/// <param name="StandardError">Of the mean, over the examples.</param>
public sealed record Measurement(string Metric, string Unit, double Value, double StandardError, Protocol Protocol)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{FurtherFigure.Text(Metric, Unit, Value, StandardError)}{Bits}{Others} ({Protocol})");

    /// <summary>What the same estimator tells beside it, such as the recall beside a precision.</summary>
    public IReadOnlyList<FurtherFigure> Also { get; init; } = [];

    /// <summary>The same figure as the length of an ideal code; null where the figure is no log-likelihood.</summary>
    public Estimate? BitsPerDimension { get; init; }

    private string Others => string.Concat(Also.Select(other => $", {other}"));

    private string Bits => BitsPerDimension is not { } bits ? ""
        : string.Create(CultureInfo.InvariantCulture, $", {bits.Mean:F4} ± {bits.StandardError:F4} bits/dim");
}

/// <summary>A figure that comes with another one, under the same protocol.</summary>
public sealed record FurtherFigure(string Name, string Unit, double Value, double StandardError)
{
    public override string ToString() => Text(Name, Unit, Value, StandardError);

    /// <summary>A figure with as many digits as its error lets it have.</summary>
    internal static string Text(string name, string unit, double value, double standardError)
    {
        var digits = !(standardError > 1e-9) || standardError >= 0.05 || unit == "nats" ? "F2"
            : standardError < 0.0005 ? "F6" : "F4";
        return name + " " + value.ToString(digits, CultureInfo.InvariantCulture) + " ± "
            + standardError.ToString(digits, CultureInfo.InvariantCulture) + (unit.Length > 0 ? " " : "") + unit;
    }
}
