using System.Globalization;
using System.Security.Cryptography;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training.Checkpoints;

/// <summary>The checkpoints of one run. A checkpoint appears whole or not at all: its files are written to a temporary
/// folder and synced one by one, the manifest last; then the folder is synced, renamed, and its parent synced. Readers
/// take the newest whose every byte verifies.</summary>
public sealed class CheckpointStore(IRunFiles files)
{
    private const string Root = "checkpoints";
    private const long Margin = 1 << 20;

    /// <summary>Folder of a step's checkpoint, relative to the run.</summary>
    public static string FolderOf(long step) => $"{Root}/step-{step.ToString("D8", CultureInfo.InvariantCulture)}";

    /// <summary>Steps that have a checkpoint folder, verified or not, oldest first.</summary>
    public IReadOnlyList<long> Steps() =>
    [
        .. files.List(Root).Where(e => e.IsFolder).Select(e => StepOf(e.Name)).OfType<long>().Order(),
    ];

    /// <summary>Removes what interrupted writes left behind. Only the run's one writer may call it.</summary>
    public void RemoveLitter() => files.RemoveTemporaries(Root);

    /// <summary>Writes a checkpoint. When the step has a good one already it is kept: a run passes each step in one
    /// state only.</summary>
    /// <param name="head">Step, examples and metric; its list of files is made here.</param>
    /// <param name="content">The files.</param>
    /// <exception cref="DiskFullException">Too little space; earlier checkpoints are untouched.</exception>
    public Checkpoint Commit(CheckpointManifest head, IReadOnlyList<CheckpointFile> content)
    {
        var folder = FolderOf(head.Step);
        var temporary = Temporary($"step-{head.Step.ToString(CultureInfo.InvariantCulture)}");
        if (TryVerify(folder, out _) is { } present)
            return present;
        Prepare(content);
        try
        {
            files.Delete(temporary);
            files.CreateFolder(temporary);
            var manifest = head with { Files = [.. content.Select(f => Write(temporary, f))] };
            var json = manifest.ToJson();
            Write(temporary, new CheckpointFile(CheckpointManifest.FileName, json.Length, s => s.Write(json)));
            files.SyncFolder(temporary);
            // What stands there did not verify, and a folder cannot be renamed onto another that holds files.
            files.Delete(folder);
            files.Rename(temporary, folder);
            files.SyncFolder(Root);
            return new Checkpoint(files, folder, manifest, HashOf(json));
        }
        catch (Exception error)
        {
            TryDelete(temporary);
            if (error is IOException io && DiskFullException.Is(io))
                throw DiskFull("the disk became full while it was written", error);
            throw;
        }
    }

    /// <summary>The newest checkpoint that verifies; null when there is none.</summary>
    /// <param name="rejected">Newer ones that do not, each with its reason.</param>
    public Checkpoint? Newest(out IReadOnlyList<RejectedCheckpoint> rejected)
    {
        var passedOver = new List<RejectedCheckpoint>();
        rejected = passedOver;
        foreach (var step in Steps().Reverse())
        {
            if (TryVerify(FolderOf(step), out var reason) is { } good)
                return good;
            passedOver.Add(new RejectedCheckpoint(FolderOf(step), reason!));
        }
        return null;
    }

    /// <summary>The checkpoint of one step.</summary>
    /// <exception cref="InvalidDataException">It is missing or does not verify; the message says why.</exception>
    public Checkpoint Open(long step) => TryVerify(FolderOf(step), out var reason)
        ?? throw new InvalidDataException($"the checkpoint '{FolderOf(step)}' cannot be used: {reason}");

    /// <summary>The step whose manifest has the best metric; null when none has one. The earlier wins a tie.</summary>
    public (long Step, double Value)? Best(MetricGoal goal)
    {
        var measured = Steps().Select(s => (Step: s, Value: ReadManifest(FolderOf(s))?.Value ?? double.NaN))
            .Where(x => double.IsFinite(x.Value)).ToList();
        if (measured.Count == 0)
            return null;
        return goal == MetricGoal.Minimize ? measured.MinBy(x => x.Value) : measured.MaxBy(x => x.Value);
    }

    /// <summary>Removes all checkpoints but the newest <paramref name="keepLast"/> and, when a metric decides, the
    /// best. Call it after a commit, never before.</summary>
    public void Retain(int keepLast, MetricGoal? goal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(keepLast, 1);
        var steps = Steps();
        var best = goal is { } wanted ? Best(wanted)?.Step : null;
        foreach (var step in steps.SkipLast(keepLast).Where(s => s != best))
        {
            // Renamed first, so that a crash in the middle of the removal leaves litter and no half checkpoint.
            var name = Temporary($"old-{step.ToString(CultureInfo.InvariantCulture)}");
            files.Rename(FolderOf(step), name);
            files.Delete(name);
        }
    }

    private void Prepare(IReadOnlyList<CheckpointFile> content)
    {
        var needed = content.Sum(f => f.EstimatedBytes) + Margin;
        var free = files.FreeBytes;
        if (free < needed)
            throw DiskFull($"it needs {Mebibytes(needed)} MiB and {Mebibytes(free)} MiB are free", null);
        files.EnsureFolder(Root);
    }

    private ManifestFile Write(string folder, CheckpointFile file)
    {
        using var stream = files.Open($"{folder}/{file.Name}", RunFileMode.CreateNew);
        using var hashing = new HashingStream(stream);
        file.Write(hashing);
        files.Sync(stream);
        return new ManifestFile(file.Name, hashing.Length, hashing.Finish());
    }

    private Checkpoint? TryVerify(string folder, out string? reason)
    {
        try
        {
            var json = files.ReadAll($"{folder}/{CheckpointManifest.FileName}");
            var manifest = CheckpointManifest.Parse(json);
            if (FolderOf(manifest.Step) != folder)
                throw new InvalidDataException($"its manifest is of step {manifest.Step}");
            foreach (var file in manifest.Files)
                Verify(folder, file);
            reason = null;
            return new Checkpoint(files, folder, manifest, HashOf(json));
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            reason = error.Message;
            return null;
        }
    }

    private void Verify(string folder, ManifestFile file)
    {
        using var stream = files.Open($"{folder}/{file.Name}", RunFileMode.Read);
        if (stream.Length != file.Bytes)
            throw new InvalidDataException($"'{file.Name}' has {stream.Length} bytes instead of {file.Bytes}");
        if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256)
            throw new InvalidDataException($"'{file.Name}' does not have the SHA-256 that the manifest lists");
    }

    private CheckpointManifest? ReadManifest(string folder)
    {
        try
        {
            return CheckpointManifest.Parse(files.ReadAll($"{folder}/{CheckpointManifest.FileName}"));
        }
        catch (Exception error) when (error is IOException or InvalidDataException)
        {
            return null;
        }
    }

    private DiskFullException DiskFull(string why, Exception? cause)
    {
        var steps = Steps();
        var kept = steps.Count == 0 ? "There is no earlier checkpoint" : $"The checkpoint of step {steps[^1]} is kept";
        return new DiskFullException(
            $"the checkpoint was not written: {why}. {kept}; free some space and resume the run", cause);
    }

    private void TryDelete(string folder)
    {
        try
        {
            files.Delete(folder);
        }
        catch (IOException)
        {
            // The cause is told by the exception under way; litter is removed when the run is next opened.
        }
    }

    private static string Temporary(string name) => $"{Root}/{RunFileWriting.TemporaryPrefix}{name}";

    private static string HashOf(byte[] json) => Convert.ToHexStringLower(SHA256.HashData(json));

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    private static long? StepOf(string folder) =>
        folder.StartsWith("step-", StringComparison.Ordinal)
        && long.TryParse(folder.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            ? step : null;
}
