using Figment.Training.Runs;

namespace Figment.Training.Tests.Checkpoints;

/// <summary>The process dies here.</summary>
internal sealed class KilledException() : Exception("killed");

/// <summary>Passes operations on to a real folder until the <paramref name="killAt"/>th, then dies: nothing happens
/// any more, not even cleaning up. Power loss can be asked for too: bytes that were not synced are then gone.</summary>
internal sealed class CrashingFiles(IRunFiles inner, int killAt, bool powerLoss = false) : IRunFiles
{
    private readonly Dictionary<string, bool> synced = [];
    private readonly Dictionary<Stream, string> paths = [];
    private bool dead;

    public int Operations { get; private set; }

    public List<string> Trace { get; } = [];

    public long FreeBytes => inner.FreeBytes;

    public Stream Open(string path, RunFileMode mode)
    {
        if (mode == RunFileMode.Read)
        {
            Live();
            return inner.Open(path, mode);
        }
        Count($"open {path}");
        var stream = inner.Open(path, mode);
        (synced[path], paths[stream]) = (false, path);
        return new Watched(stream, this);
    }

    public void Sync(Stream stream)
    {
        var file = ((Watched)stream).Inner;
        Count($"sync {paths[file]}");
        inner.Sync(file);
        synced[paths[file]] = true;
    }

    public void SyncFolder(string path)
    {
        Count($"sync folder {path}");
        inner.SyncFolder(path);
    }

    public void CreateFolder(string path)
    {
        Count($"make {path}");
        inner.CreateFolder(path);
    }

    public void Rename(string from, string to)
    {
        Count($"rename {from} {to}");
        inner.Rename(from, to);
        foreach (var path in synced.Keys.Where(p => p.StartsWith(from + "/", StringComparison.Ordinal)).ToList())
        {
            synced[to + path[from.Length..]] = synced[path];
            synced.Remove(path);
        }
    }

    public void Delete(string path)
    {
        Count($"delete {path}");
        inner.Delete(path);
        var beneath = path + "/";
        foreach (var gone in synced.Keys.Where(p => (p + "/").StartsWith(beneath, StringComparison.Ordinal)).ToList())
            synced.Remove(gone);
    }

    public IReadOnlyList<RunEntry> List(string path)
    {
        Live();
        return inner.List(path);
    }

    private void Count(string operation)
    {
        Live();
        Trace.Add(operation);
        if (++Operations == killAt)
            Die();
    }

    private void Live()
    {
        if (dead)
            throw new KilledException();
    }

    private void Die()
    {
        dead = true;
        foreach (var stream in paths.Keys)
            stream.Dispose();
        if (powerLoss)
            foreach (var path in synced.Where(s => !s.Value).Select(s => s.Key))
                using (var stream = inner.Open(path, RunFileMode.Append))
                    stream.SetLength(stream.Length / 2);
        throw new KilledException();
    }

    private sealed class Watched(Stream inner, CrashingFiles files) : Stream
    {
        public Stream Inner => inner;

        public override bool CanRead => inner.CanRead;

        public override bool CanSeek => inner.CanSeek;

        public override bool CanWrite => inner.CanWrite;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => inner.Position = value; }

        public override void Write(byte[] buffer, int offset, int count)
        {
            files.Count($"write {files.paths[inner]}");
            inner.Write(buffer, offset, count);
        }

        public override void Flush()
        {
            if (!files.dead)
                inner.Flush();
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        protected override void Dispose(bool disposing)
        {
            if (!files.dead)
                inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
