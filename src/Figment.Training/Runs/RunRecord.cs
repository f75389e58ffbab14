using System.Text.Json;
using System.Text.Json.Serialization;

namespace Figment.Training.Runs;

/// <summary>How far a run has come.</summary>
public enum RunStatus
{
    /// <summary>Its writer is at work.</summary>
    Running,

    /// <summary>It reached its plan's end, or stopped early because it no longer improved.</summary>
    Finished,

    /// <summary>It was asked to stop and saved itself; it can be resumed.</summary>
    Stopped,

    /// <summary>A loss, a gradient or a weight was no longer finite.</summary>
    Diverged,

    /// <summary>An error ended it.</summary>
    Failed,

    /// <summary>Its writer died without a word (killed, power lost); it can be resumed. Never written: found by readers
    /// when the record says running and no one holds the lock.</summary>
    Interrupted,
}

/// <summary>What <c>run.json</c> holds. Keys are written in snake case; readers refuse a newer schema.</summary>
public sealed record RunRecord
{
    /// <summary>The schema this program writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Version of the record's form.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>The run's id, see <see cref="RunId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>What is trained (a preset's or a model's id).</summary>
    public required string Name { get; init; }

    /// <summary>Seed of everything random in the run.</summary>
    public ulong Seed { get; init; }

    /// <summary>State when the record was last written.</summary>
    public RunStatus Status { get; init; }

    /// <summary>Why the run is in this state, in words, when there is something to say.</summary>
    public string? Reason { get; init; }

    /// <summary>The process that last wrote the run.</summary>
    public ProcessIdentity? Writer { get; init; }

    /// <summary>When the run was made (UTC).</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>When the record was last written (UTC).</summary>
    public DateTimeOffset Updated { get; init; }

    /// <summary>Version of Figment that made the run.</summary>
    public string? Version { get; init; }

    /// <summary>Steps done.</summary>
    public long Step { get; init; }

    /// <summary>Examples seen.</summary>
    public long Examples { get; init; }

    /// <summary>Passes over the training set, with the fraction of the current one.</summary>
    public double Epoch { get; init; }

    /// <summary>Step of the best checkpoint, when a metric decides on one.</summary>
    public long? BestStep { get; init; }

    /// <summary>The best checkpoint's metric.</summary>
    public double? BestValue { get; init; }

    /// <summary>The checkpoint whose weights the run began with, when it is a fine-tuning.</summary>
    public string? InitFrom { get; init; }

    internal static RunRecord Parse(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            var record = JsonSerializer.Deserialize(json, RunJson.Default.RunRecord)
                ?? throw new InvalidDataException($"'{path}' holds no record");
            return record.Schema is >= 1 and <= CurrentSchema
                ? record
                : throw new InvalidDataException(
                    $"'{path}' has schema {record.Schema}, this program reads up to {CurrentSchema}: use a newer one");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not a run's record: {error.Message}", error);
        }
    }

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.RunRecord);
}

/// <summary>The forms of the run folder's small JSON files.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, UseStringEnumConverter = true,
    AllowDuplicateProperties = false, MaxDepth = 8, NewLine = "\n")]
[JsonSerializable(typeof(RunRecord))]
[JsonSerializable(typeof(ProcessIdentity))]
[JsonSerializable(typeof(RunEnvironment))]
[JsonSerializable(typeof(Checkpoints.CheckpointManifest))]
internal sealed partial class RunJson : JsonSerializerContext;
