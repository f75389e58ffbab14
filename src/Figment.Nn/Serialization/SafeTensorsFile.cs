using Figment.Torch;

namespace Figment.Nn.Serialization;

/// <summary>
/// A safetensors file opened for reading: its header is checked at once, its tensors are read one by one on request, so
/// that memory stays bounded by what is asked for.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private readonly Stream stream;
    private readonly SafeTensorsHeader header;
    private readonly Dictionary<string, SafeTensorsEntry> entries;

    /// <summary>Reads the header of a seekable stream and takes the stream over.</summary>
    /// <param name="stream">The whole file.</param>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="limits">What to accept; null for <see cref="SafeTensorsLimits.Default"/>.</param>
    /// <exception cref="SafeTensorsException">The file breaks a rule of the format or a limit.</exception>
    public SafeTensorsFile(Stream stream, string name, SafeTensorsLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (this.stream, Name) = (stream, name);
        if (!stream.CanSeek)
            throw new SafeTensorsException(name, "a pipe cannot be read as safetensors", "Give a regular file");
        header = SafeTensorsHeader.Read(stream, name, limits);
        entries = header.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
    }

    /// <summary>The file's name for messages.</summary>
    public string Name { get; }

    /// <summary>What the file holds, in the header's order.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries => header.Entries;

    /// <summary>The file's free text, empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => header.Metadata;

    /// <summary>Opens a file.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="SafeTensorsException">The file breaks a rule of the format or a limit.</exception>
    public static SafeTensorsFile Open(string path, SafeTensorsLimits? limits = null)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
        try
        {
            return new SafeTensorsFile(stream, path, limits);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file holds a tensor of that name.</summary>
    public bool Contains(string key) => entries.ContainsKey(key);

    /// <summary>Reads one tensor, on the CPU and in row-major order.</summary>
    /// <exception cref="SafeTensorsException">The file has no such tensor, or its data cannot be had.</exception>
    public Tensor Read(string key)
    {
        if (!entries.TryGetValue(key, out var entry))
            throw new SafeTensorsException(Name, "the file has no such tensor",
                $"It holds {entries.Count} tensors; see Entries", key);
        if (entry.Length > int.MaxValue)
            throw new SafeTensorsException(Name, "a tensor over 2 GiB cannot be read", "Split it into parts", key,
                entry.Offset);
        var tensor = Tensor.Empty([.. entry.Shape], entry.DType);
        var bytes = tensor.AsBytes();
        try
        {
            stream.Position = entry.Offset;
            stream.ReadExactly(bytes);
        }
        catch (EndOfStreamException inner)
        {
            throw new SafeTensorsException(Name, "the file became shorter while it was read",
                "Read it again once nothing writes to it", key, entry.Offset, inner);
        }
        if (entry.DType == DType.Bool && bytes.ContainsAnyExceptInRange((byte)0, (byte)1))
            throw new SafeTensorsException(Name, "a truth value is neither 0 nor 1",
                "The file is damaged; fetch or write it again", key, entry.Offset);
        return tensor;
    }

    /// <summary>Reads every tensor.</summary>
    public StateDict ReadAll() => new(Entries.Select(entry => (entry.Name, Read(entry.Name))));

    /// <summary>
    /// Copies the file's values into a state dict, strictly; keys and shapes are compared before any data is read, and
    /// one tensor at a time is held in memory. On a fault of keys or shapes nothing is changed.
    /// </summary>
    /// <exception cref="StateDictException">Names every missing, unexpected and unfit key at once.</exception>
    /// <exception cref="SafeTensorsException">Data cannot be had.</exception>
    public void LoadInto(StateDict state)
    {
        ArgumentNullException.ThrowIfNull(state);
        state.Load(Entries.Select(entry =>
            new StateValue(entry.Name, [.. entry.Shape], entry.DType, () => Read(entry.Name))));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => stream.Dispose();
}
