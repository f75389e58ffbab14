using System.Text.Json;

namespace Figment.Training.Runs;

/// <summary>One writer a run. The lock is the kernel's (<c>flock</c>), which frees it when its holder dies in whatever
/// way; the file's text says who the holder is. On file systems whose locks do not work across machines the text
/// refuses a second writer while the process it names is alive.</summary>
public sealed class RunLock : IDisposable
{
    /// <summary>Name of the lock file in the run's folder.</summary>
    public const string FileName = "run.lock";

    private readonly FileStream stream;

    private RunLock(FileStream stream, bool wasAbandoned) => (this.stream, WasAbandoned) = (stream, wasAbandoned);

    /// <summary>Whether the last writer died without giving the lock back.</summary>
    public bool WasAbandoned { get; }

    /// <summary>Takes the lock for this process.</summary>
    /// <exception cref="RunBusyException">Another writer holds it.</exception>
    public static RunLock Take(RunDirectory run)
    {
        var stream = run.TryLock(FileName) ?? throw new RunBusyException(run.FullPath, ReadHolder(run));
        try
        {
            var left = Parse(stream);
            if (left is { IsAlive: true } && left != ProcessIdentity.Current)
                throw new RunBusyException(run.FullPath, left);
            stream.SetLength(0);
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(ProcessIdentity.Current, RunJson.Default.ProcessIdentity));
            stream.Flush();
            return new RunLock(stream, left is not null);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Who writes the run now; null when no one does.</summary>
    public static ProcessIdentity? Holder(RunDirectory run) =>
        ReadHolder(run) is { IsAlive: true } alive ? alive : null;

    /// <summary>Gives the lock back. The empty file stays: removing it would let two writers lock two files of one
    /// name.</summary>
    public void Dispose()
    {
        if (stream.SafeFileHandle.IsClosed)
            return;
        stream.SetLength(0);
        stream.Dispose();
    }

    private static ProcessIdentity? ReadHolder(RunDirectory run)
    {
        try
        {
            using var stream = run.Open(FileName, RunFileMode.Read);
            return Parse(stream);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static ProcessIdentity? Parse(Stream stream)
    {
        if (stream.Length is 0 or > 4096)
            return null;
        stream.Seek(0, SeekOrigin.Begin);
        var text = new byte[stream.Length];
        stream.ReadExactly(text);
        try
        {
            return JsonSerializer.Deserialize(text, RunJson.Default.ProcessIdentity);
        }
        catch (JsonException)
        {
            return null; // a torn write of a holder that died
        }
    }
}

/// <summary>Another process is writing the run.</summary>
public sealed class RunBusyException(string run, ProcessIdentity? holder) : IOException(
    $"the run in '{run}' is being written by {(holder is null ? "another process" : $"process {holder.ProcessId}")}; "
    + "wait for it to end, or stop it")
{
    /// <summary>The process that holds the run, as far as it could be read.</summary>
    public ProcessIdentity? Holder { get; } = holder;
}
