using System.Globalization;
using System.Text;
using Figment.Training.Checkpoints;
using Figment.Training.Events;
using Figment.Training.Metrics;

namespace Figment.Training.Runs;

/// <summary>What a new run begins with.</summary>
/// <param name="Name">What is trained; part of the id.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="Config">The resolved configuration as YAML.</param>
/// <param name="Environment">What the run's bits depend on.</param>
/// <param name="Version">Figment's version.</param>
/// <param name="InitFrom">The checkpoint whose weights it begins with, if any.</param>
public sealed record RunStart(
    string Name, ulong Seed, string Config, RunEnvironment Environment, string? Version = null,
    string? InitFrom = null);

/// <summary>A run, open to be written by its one writer. The folder is readable without Figment, movable, and
/// versioned.</summary>
public sealed class RunFolder : IDisposable
{
    internal const string RecordFile = "run.json";
    internal const string ConfigFile = "config.yaml";
    internal const string EnvironmentFile = "environment.json";
    internal const string MetricsFile = "metrics.jsonl";
    internal const string LogFile = "log.txt";
    internal const string CardFile = "README.md";
    internal const string SamplesFolder = "samples";

    private readonly RunDirectory directory;
    private readonly RunLock writer;
    private readonly TimeProvider clock;

    private RunFolder(RunDirectory directory, RunLock writer, RunRecord record, TimeProvider clock)
    {
        (this.directory, this.writer, this.clock, Record) = (directory, writer, clock, record);
        directory.RemoveTemporaries("");
        directory.RemoveTemporaries(SamplesFolder);
        Checkpoints = new CheckpointStore(directory);
        Checkpoints.RemoveLitter();
        Metrics = new MetricsWriter(directory.Open(MetricsFile, RunFileMode.Append));
        Events = new EventWriter(directory.Open(EventWriter.FileName(record.Created), RunFileMode.Append), clock);
        Log = new RunLog(directory.Open(LogFile, RunFileMode.Append), clock);
    }

    /// <summary>The run's record as last written.</summary>
    public RunRecord Record { get; private set; }

    /// <summary>The run's folder.</summary>
    public string FullPath => directory.FullPath;

    /// <summary>The run's files.</summary>
    public IRunFiles Files => directory;

    /// <summary>Rows of measurements.</summary>
    public MetricsWriter Metrics { get; }

    /// <summary>TensorBoard's events.</summary>
    public EventWriter Events { get; }

    /// <summary>The run's log.</summary>
    public RunLog Log { get; }

    /// <summary>The run's checkpoints.</summary>
    public CheckpointStore Checkpoints { get; }

    /// <summary>Whether the run was made just now, and not opened again.</summary>
    public bool IsNew { get; private init; }

    /// <summary>Whether the last writer died without closing the run.</summary>
    public bool WasInterrupted => writer.WasAbandoned;

    /// <summary>Makes a new run in the folder of runs (which is made when missing) and takes its lock. The run is
    /// prepared under a temporary name, so that no one ever sees half of it.</summary>
    public static RunFolder Create(string runs, RunStart start, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        Directory.CreateDirectory(runs);
        using var root = RunDirectory.Open(runs);
        RemoveAbandoned(root);
        var now = clock.GetUtcNow();
        var id = Reserve(root, now, start);
        using var draft = root.OpenFolder(RunFileWriting.TemporaryPrefix + id);
        var writer = RunLock.Take(draft);
        try
        {
            var record = new RunRecord
            {
                Id = id,
                Name = start.Name,
                Seed = start.Seed,
                Created = now,
                Updated = now,
                Version = start.Version,
                InitFrom = start.InitFrom,
                Status = RunStatus.Running,
                Writer = ProcessIdentity.Current,
            };
            draft.CreateFolder(SamplesFolder);
            draft.Replace(ConfigFile, Encoding.UTF8.GetBytes(start.Config));
            draft.Replace(EnvironmentFile, start.Environment.ToJson());
            draft.Replace(RecordFile, record.ToJson());
            root.Rename(RunFileWriting.TemporaryPrefix + id, id);
            root.SyncFolder("");
            return new RunFolder(root.OpenFolder(id), writer, record, clock) { IsNew = true };
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Opens an existing run to go on writing it.</summary>
    /// <exception cref="RunBusyException">Another process writes it.</exception>
    /// <exception cref="RunNotFoundException">There is no such run.</exception>
    public static RunFolder Reopen(string runs, string id, TimeProvider? clock = null)
    {
        using (var view = new RunCatalog(runs).Open(id))
            _ = view.Record;
        using var root = RunDirectory.Open(runs);
        var directory = root.OpenFolder(id);
        try
        {
            var writer = RunLock.Take(directory);
            // Read again: another writer may have ended between the first look and the lock.
            var record = RunRecord.Parse(directory.ReadAll(RecordFile), RecordFile);
            var run = new RunFolder(directory, writer, record, clock ?? TimeProvider.System);
            run.Update(r => r with { Status = RunStatus.Running, Reason = null });
            return run;
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Changes the record and writes it in one step.</summary>
    public void Update(Func<RunRecord, RunRecord> change)
    {
        Record = change(Record) with { Updated = clock.GetUtcNow(), Writer = ProcessIdentity.Current };
        directory.Replace(RecordFile, Record.ToJson());
    }

    /// <summary>Name of the picture of a step: <c>step-00001000.png</c>, or
    /// <c>step-00001000-manifold.png</c>.</summary>
    public static string SampleName(long step, string? what = null) =>
        $"step-{step.ToString("D8", CultureInfo.InvariantCulture)}{(what is null ? "" : "-" + what)}.png";

    /// <summary>Writes (or replaces) a picture in <c>samples/</c>.</summary>
    public void SaveSample(string name, ReadOnlySpan<byte> png) => directory.Replace($"{SamplesFolder}/{name}", png);

    /// <summary>Removes pictures of steps after <paramref name="step"/>, which a resumed run draws again.</summary>
    public void RemoveSamplesAfter(long step)
    {
        foreach (var entry in directory.List(SamplesFolder))
            if (entry.Name.StartsWith("step-", StringComparison.Ordinal) && entry.Name.Length >= 13
                && long.TryParse(entry.Name.AsSpan(5, 8), NumberStyles.None, CultureInfo.InvariantCulture, out var at)
                && at > step)
                directory.Delete($"{SamplesFolder}/{entry.Name}");
    }

    /// <summary>Writes the model card, <c>README.md</c>.</summary>
    public void WriteCard(ModelCard card) => directory.Replace(CardFile, Encoding.UTF8.GetBytes(card.ToMarkdown()));

    /// <summary>Returns when the rows and events written so far are on the disk. A checkpoint remembers their lengths:
    /// after a power loss neither file may be shorter.</summary>
    public void Sync()
    {
        Metrics.Sync();
        Events.Sync();
    }

    /// <summary>Closes all files and gives the lock back.</summary>
    public void Dispose()
    {
        Metrics.Dispose();
        Events.Dispose();
        Log.Dispose();
        writer.Dispose();
        directory.Dispose();
    }

    private static string Reserve(RunDirectory root, DateTimeOffset now, RunStart start)
    {
        for (var attempt = 1; ; attempt++)
        {
            var id = RunId.Make(now, start.Name, start.Seed, attempt);
            if (root.List("").Any(e => e.Name == id))
                continue; // another run of this second has the name
            try
            {
                root.CreateFolder(RunFileWriting.TemporaryPrefix + id);
                return id;
            }
            catch (IOException error) when (error.HResult == LibC.Exists && attempt < 1000)
            {
                // Another process is taking the name at this moment.
            }
        }
    }

    // Runs whose making was killed: their lock file is there and no one holds it.
    private static void RemoveAbandoned(RunDirectory root)
    {
        foreach (var entry in root.List("").Where(e => e.IsFolder
            && e.Name.StartsWith(RunFileWriting.TemporaryPrefix, StringComparison.Ordinal)))
        {
            using var draft = root.OpenFolder(entry.Name);
            if (!draft.List("").Any(e => e.Name == RunLock.FileName) || draft.TryLock(RunLock.FileName) is not { } held)
                continue;
            using (held)
                root.Delete(entry.Name);
        }
    }
}
