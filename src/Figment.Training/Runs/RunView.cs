using System.Globalization;
using System.Text;
using Figment.Training.Checkpoints;
using Figment.Training.Metrics;

namespace Figment.Training.Runs;

/// <summary>A run, read from its folder. Nothing is kept open but the folder itself.</summary>
public sealed class RunView : IDisposable
{
    private readonly RunDirectory directory;

    private RunView(RunDirectory directory, RunRecord record) => (this.directory, Record) = (directory, record);

    /// <summary>The record, its status told as it is now.</summary>
    public RunRecord Record { get; }

    /// <summary>The run's folder.</summary>
    public string FullPath => directory.FullPath;

    /// <summary>The run's files.</summary>
    public IRunFiles Files => directory;

    /// <summary>The run's checkpoints.</summary>
    public CheckpointStore Checkpoints => new(directory);

    /// <summary>Opens a run's folder.</summary>
    /// <exception cref="IOException">There is no run.</exception>
    /// <exception cref="InvalidDataException">Its record is damaged or of a newer schema.</exception>
    public static RunView Open(string path) => Open(RunDirectory.Open(path));

    internal static RunView Open(RunDirectory directory)
    {
        try
        {
            var record = RunRecord.Parse(directory.ReadAll(RunFolder.RecordFile), RunFolder.RecordFile);
            var dead = record.Status == RunStatus.Running && RunLock.Holder(directory) is null;
            return new RunView(directory, dead ? record with { Status = RunStatus.Interrupted } : record);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>The resolved configuration, as YAML.</summary>
    public string ReadConfig() => Encoding.UTF8.GetString(directory.ReadAll(RunFolder.ConfigFile));

    /// <summary>What the run's bits depend on.</summary>
    public RunEnvironment ReadEnvironment() =>
        RunEnvironment.Parse(directory.ReadAll(RunFolder.EnvironmentFile), RunFolder.EnvironmentFile);

    /// <summary>Metric rows from a byte offset on; also of a run that is being written.</summary>
    public MetricRows ReadMetrics(long offset = 0)
    {
        try
        {
            using var stream = directory.Open(RunFolder.MetricsFile, RunFileMode.Read);
            return MetricsReader.Read(stream, offset);
        }
        catch (FileNotFoundException)
        {
            return new MetricRows([], 0, 0);
        }
    }

    /// <summary>Names of the pictures under <c>samples/</c>, in order of their steps.</summary>
    public IReadOnlyList<string> Samples() =>
    [
        .. directory.List(RunFolder.SamplesFolder)
            .Where(e => !e.IsFolder && !e.IsLink && !e.Name.StartsWith('.')).Select(e => e.Name),
    ];

    /// <summary>Closes the folder.</summary>
    public void Dispose() => directory.Dispose();

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Record.Id} ({Record.Status})");
}
