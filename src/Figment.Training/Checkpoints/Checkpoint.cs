using System.Security.Cryptography;
using Figment.Training.Runs;

namespace Figment.Training.Checkpoints;

/// <summary>A checkpoint whose files have been verified against its manifest.</summary>
public sealed class Checkpoint
{
    private readonly Func<string, Stream> open;

    internal Checkpoint(IRunFiles files, string folder, CheckpointManifest manifest, string hash)
        : this(name => files.Open($"{folder}/{name}", RunFileMode.Read), folder, manifest, hash) { }

    internal Checkpoint(Func<string, Stream> open, string folder, CheckpointManifest manifest, string hash) =>
        (this.open, Folder, Manifest, Hash) = (open, folder, manifest, hash);

    /// <summary>Its folder, relative to the run.</summary>
    public string Folder { get; }

    /// <summary>What it holds.</summary>
    public CheckpointManifest Manifest { get; }

    /// <summary>SHA-256 of the manifest in lower-case hex, which names the content of every file.</summary>
    public string Hash { get; }

    /// <summary>Whether it holds a file of this name.</summary>
    public bool Has(string name) => Manifest.Files.Any(f => f.Name == name);

    /// <summary>Opens one of its files to read.</summary>
    /// <exception cref="FileNotFoundException">The manifest lists no such file.</exception>
    public Stream Open(string name) => Has(name)
        ? open(name)
        : throw new FileNotFoundException($"the checkpoint '{Folder}' holds no '{name}'");
}

/// <summary>A checkpoint that a reader passed over.</summary>
public sealed record RejectedCheckpoint(string Folder, string Reason);

/// <summary>Passes bytes on and hashes them on the way.</summary>
internal sealed class HashingStream(Stream inner) : Stream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => written;

    public override long Position
    {
        get => written;
        set => throw new NotSupportedException("bytes are written in order");
    }

    public string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        hash.AppendData(buffer);
        written += buffer.Length;
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            hash.Dispose();
        base.Dispose(disposing);
    }
}
