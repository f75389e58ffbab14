using System.Globalization;
using Figment.App;

namespace Figment.Cli.Screen;

/// <summary>Numbers, times and events in words, the same wording in every view.</summary>
internal static class Phrases
{
    /// <summary>1234567 as <c>1,234,567</c>.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A whole number given by its digits: with commas, and beyond 24 digits by its first ones.</summary>
    public static string LongCount(string digits) => digits.Length > 24
        ? $"about {digits[0]}.{digits[1..4]}e+{digits.Length - 1}"
        : string.Create(CultureInfo.InvariantCulture,
            $"{System.Numerics.BigInteger.Parse(digits, CultureInfo.InvariantCulture):N0}");

    /// <summary>A measured value with four or five telling digits.</summary>
    public static string Value(double value) => Math.Abs(value) switch
    {
        double.NaN => "NaN",
        double.PositiveInfinity => value > 0 ? "inf" : "-inf",
        0 => "0",
        >= 1e6 or < 1e-3 => value.ToString("0.###e+0", CultureInfo.InvariantCulture),
        >= 1000 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.0000", CultureInfo.InvariantCulture),
    };

    /// <summary>Seconds as <c>0:07</c>, <c>12:34</c> or <c>1:02:03</c>.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds > 1e8) return "-:--";
        var time = TimeSpan.FromSeconds(Math.Max(0, Math.Round(seconds)));
        return time.TotalHours >= 1 ? $"{(long)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}"
            : $"{time.Minutes}:{time.Seconds:00}";
    }

    /// <summary>Bytes as <c>11.3 MB</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.0} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.0} MB"),
        >= 1_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.0} kB"),
        _ => $"{bytes} B",
    };

    /// <summary>Metrics as <c>loss 103.21  kl 25.30</c>.</summary>
    public static string Metrics(IReadOnlyDictionary<string, double> metrics) =>
        string.Join("  ", metrics.Select(metric => $"{metric.Key} {Value(metric.Value)}"));

    /// <summary>The losses of a training, the total first; rates and norms are for the metrics file.</summary>
    public static string Losses(IReadOnlyDictionary<string, double> metrics) =>
        Metrics(metrics.Where(metric => !metric.Key.EndsWith("learning_rate", StringComparison.Ordinal)
                && !metric.Key.EndsWith("gradient_norm", StringComparison.Ordinal))
            .OrderByDescending(metric => metric.Key == "loss").ToDictionary());

    /// <summary>Where a training stands.</summary>
    public static string Steps(StepsDone steps) => Join($"step {Count(steps.Step)}/{Count(steps.LastStep)}",
        $"{Count((long)Math.Round(steps.ExamplesPerSecond))} examples/s", Losses(steps.Metrics),
        $"{Time(steps.RemainingSeconds)} left");

    /// <summary>Where a countable part stands.</summary>
    public static string Advance(Advanced part)
    {
        string Amount(long n) => part.Unit == "bytes" ? Bytes(n) : Count(n);
        var unit = part.Unit is "bytes" or "" ? "" : " " + part.Unit;
        return part.Total > 0
            ? $"{part.What}  {Amount(part.Done)} of {Amount(part.Total)}{unit}"
            : $"{part.What}  {(part.Done > 0 ? Amount(part.Done) + unit : "...")}";
    }

    /// <summary>An event that is told once, as a line; null for those that only move a bar.</summary>
    public static string? Line(WorkEvent value) => value switch
    {
        StageBegun stage => stage.Title + " ...",
        RunStarted run =>
            $"{run.Model} on {run.Data}: {Count(run.Parameters)} parameters, steps {Count(run.FirstStep)} to "
            + $"{Count(run.LastStep)}, in {run.Folder}",
        // What belongs to one number of a code (code/kl.7) is for the metrics file.
        Evaluated evaluated => $"step {Count(evaluated.Step)}  held out: "
            + Metrics(evaluated.Metrics.Where(metric => !char.IsAsciiDigit(metric.Key[^1])).ToDictionary()),
        FileWritten { Kind: "checkpoint" or "preview" } => null,
        FileWritten file => $"wrote {file.Path}",
        Remark remark => remark.Text,
        RunEnded run => Join($"trained for {Time(run.ElapsedSeconds)}", Losses(run.Metrics)),
        _ => null,
    };

    private static string Join(params string[] parts) => string.Join("  ", parts.Where(part => part.Length > 0));
}
