using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Figment.Evaluation;

namespace Figment.App;

/// <summary>One figure as a run's folder keeps it, a line of <c>evaluations.jsonl</c>.</summary>
/// <param name="Time">When it was measured (UTC).</param>
/// <param name="Run">The run's id.</param>
/// <param name="Name">What was trained: a preset or a model with its data.</param>
/// <param name="Model">The model's id.</param>
/// <param name="Checkpoint">The checkpoint's step.</param>
/// <param name="CheckpointSha256">The checkpoint's hash: which weights were measured.</param>
/// <param name="ConfigSha256">Hash of the resolved configuration.</param>
/// <param name="Figment">The version that measured.</param>
/// <param name="Metric">What was measured.</param>
/// <param name="Unit">For example <c>nats</c>.</param>
/// <param name="Value">The mean over the examples.</param>
/// <param name="StandardError">Of the mean.</param>
/// <param name="BitsPerDimension">The same in bits a dimension, of exact models.</param>
/// <param name="BitsStandardError">Of the bits a dimension.</param>
/// <param name="Protocol">What a comparison must share.</param>
public sealed record StoredEvaluation(
    DateTimeOffset Time, string Run, string Name, string Model, long Checkpoint, string CheckpointSha256,
    string ConfigSha256, string Figment, string Metric, string Unit, double Value, double StandardError,
    double? BitsPerDimension, double? BitsStandardError, Protocol Protocol)
{
    /// <summary>What the same estimator told beside it; null where nothing.</summary>
    public IReadOnlyList<FurtherFigure>? Also { get; init; }
}

/// <summary>The figures that were measured of a run, one a line; lines are only ever added.</summary>
internal static class EvaluationLog
{
    public const string FileName = "evaluations.jsonl";

    private const long Longest = 64L << 20;

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Adds a figure to its run. A folder that cannot be written to costs a remark, not the figure.</summary>
    public static void Append(TrainedModel trained, EvaluationResult result, IProgress<WorkEvent> progress)
    {
        var line = JsonSerializer.Serialize(new StoredEvaluation(DateTimeOffset.UtcNow,
            trained.Run.Id, trained.Run.Name,
            trained.Configuration.Card.Id, result.Checkpoint, trained.Checkpoint.Hash,
            Train.HashOf(trained.Configuration.Yaml),
            ProductVersion.Current.Version, result.Metric, result.Unit, result.Value,
            result.StandardError, result.BitsPerDimension,
            result.BitsStandardError, result.Protocol)
        {
            Also = result.Also.Count > 0 ? result.Also : null,
        }, Form);
        var path = Path.Combine(trained.Folder, FileName);
        try
        {
            // One write at the end of the file: two processes that measure at once do not mix their lines.
            using var file = new FileStream(path, FileMode.Append, FileAccess.Write,
                FileShare.ReadWrite, bufferSize: 0);
            file.Write(Encoding.UTF8.GetBytes(line + "\n"));
            progress.Report(new FileWritten("evaluation", path, result.Checkpoint));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            progress.Report(new Remark($"the figure was not kept in {path}: {error.Message}"));
        }
    }

    /// <summary>Reads a run's figures, oldest first. A line that cannot be read, such as one that is being written, is
    /// passed over.</summary>
    public static IReadOnlyList<StoredEvaluation> Read(string runFolder)
    {
        var file = new FileInfo(Path.Combine(runFolder, FileName));
        if (!file.Exists || file.LinkTarget is not null || file.Length > Longest) return [];
        var found = new List<StoredEvaluation>();
        foreach (var line in File.ReadLines(file.FullName))
            try
            {
                if (JsonSerializer.Deserialize<StoredEvaluation>(line, Form)
                    is { Protocol: not null, Run: not null } stored) found.Add(stored);
            }
            catch (JsonException)
            {
                continue;
            }

        return found;
    }
}
