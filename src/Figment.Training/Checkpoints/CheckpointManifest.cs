using System.Text.Json;
using Figment.Training.Runs;

namespace Figment.Training.Checkpoints;

/// <summary>One file to put into a checkpoint.</summary>
/// <param name="Name">Plain file name, unique in the checkpoint.</param>
/// <param name="EstimatedBytes">How long it will be, at most; the disk's free space is compared before anything is
/// written.</param>
/// <param name="Write">Writes the bytes, in order.</param>
public sealed record CheckpointFile(string Name, long EstimatedBytes, Action<Stream> Write);

/// <summary>One file as the manifest lists it.</summary>
public sealed record ManifestFile(string Name, long Bytes, string Sha256);

/// <summary>What a checkpoint holds and when it was made: <c>MANIFEST.json</c>, written last.</summary>
public sealed record CheckpointManifest
{
    /// <summary>The file's name.</summary>
    public const string FileName = "MANIFEST.json";

    /// <summary>The schema this program writes.</summary>
    public const int CurrentSchema = 1;

    /// <summary>Version of the manifest's form.</summary>
    public int Schema { get; init; } = CurrentSchema;

    /// <summary>Steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Examples seen.</summary>
    public long Examples { get; init; }

    /// <summary>Passes over the training set.</summary>
    public double Epoch { get; init; }

    /// <summary>Name of the metric that decides which checkpoint is best, when it was measured at this step.</summary>
    public string? Metric { get; init; }

    /// <summary>The metric's value.</summary>
    public double? Value { get; init; }

    /// <summary>Time spent in steps, in all sessions of the run.</summary>
    public double Seconds { get; init; }

    /// <summary>Bytes of the run's metrics that were written before; a resumed run cuts off the rest.</summary>
    public long MetricsBytes { get; init; }

    /// <summary>Bytes of the run's event file that were written before.</summary>
    public long EventsBytes { get; init; }

    /// <summary>All files but the manifest.</summary>
    public IReadOnlyList<ManifestFile> Files { get; init; } = [];

    internal byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunJson.Default.CheckpointManifest);

    internal static CheckpointManifest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var manifest = JsonSerializer.Deserialize(json, RunJson.Default.CheckpointManifest)
                ?? throw new InvalidDataException("its manifest is empty");
            if (manifest.Schema is < 1 or > CurrentSchema)
                throw new InvalidDataException($"its manifest has schema {manifest.Schema}, newer than this program");
            if (manifest.Files is null || manifest.Files.Any(f => f?.Name is null || f.Sha256 is null))
                throw new InvalidDataException("its manifest lists no files");
            if (manifest.Files.DistinctBy(f => f.Name).Count() != manifest.Files.Count)
                throw new InvalidDataException("its manifest names a file twice");
            return manifest;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"its manifest is not readable: {error.Message}", error);
        }
    }
}
