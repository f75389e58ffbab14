using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using Figment.Torch;

namespace Figment.Nn.Serialization;

/// <summary>Writes and reads safetensors files, which hold tensors and text and can carry no code.</summary>
/// <remarks>
/// Values are stored in logical row-major order whatever their layout in memory. The header lists them in the given
/// order; their data is laid out by falling element size, so that each begins at a multiple of it. A tied tensor is
/// stored once; the metadata maps its other names to the stored one, as PyTorch's <c>save_model</c> does.
/// </remarks>
public static class SafeTensors
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes a file: beside its place first, then to the disk, then under its name, so that no half file is ever seen.
    /// </summary>
    /// <param name="path">Where to; an existing file is replaced.</param>
    /// <param name="state">What to write.</param>
    /// <param name="metadata">Text to write with it.</param>
    public static void Save(string path, StateDict state, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var draft = new FileInfo($"{path}.{Environment.ProcessId}.draft");
        try
        {
            using (var stream = draft.Open(FileMode.Create, FileAccess.Write))
            {
                Write(stream, state, metadata);
                stream.Flush(flushToDisk: true);
            }
            draft.MoveTo(path, overwrite: true);
        }
        catch
        {
            draft.Delete();
            throw;
        }
    }

    /// <summary>Writes to a stream, which stays open.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="state">What to write.</param>
    /// <param name="metadata">Text to write with it.</param>
    /// <exception cref="ArgumentException">A name is <c>__metadata__</c>, which the format reserves.</exception>
    public static void Write(Stream stream, StateDict state, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(state);
        if (state.ContainsKey("__metadata__"))
            throw new ArgumentException("No tensor can be called __metadata__: the format reserves the name.",
                nameof(state));
        var layout = state.OrderByDescending(pair => pair.Value.DType.Size()).Select(pair => pair.Key).ToList();
        var text = new Dictionary<string, string>(metadata ?? new Dictionary<string, string>(), StringComparer.Ordinal);
        foreach (var (alias, name) in state.Aliases)
            text[alias] = name;
        var header = Header(state, layout, text);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var key in layout)
            TensorScope.Run(() => stream.Write(state[key].Detach().To(Device.Cpu).Contiguous().AsBytes()));
    }

    /// <summary>Reads every tensor of a file.</summary>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="SafeTensorsException">The file breaks a rule of the format or a limit.</exception>
    public static StateDict Load(string path, SafeTensorsLimits? limits = null)
    {
        using var file = SafeTensorsFile.Open(path, limits);
        return file.ReadAll();
    }

    private static byte[] Header(StateDict state, List<string> layout, Dictionary<string, string> metadata)
    {
        var offsets = new Dictionary<string, (long Begin, long End)>(StringComparer.Ordinal);
        var end = 0L;
        foreach (var key in layout)
        {
            var begin = end;
            end = checked(end + (state[key].Count * state[key].DType.Size()));
            offsets[key] = (begin, end);
        }
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            foreach (var (key, tensor) in state)
            {
                json.WriteStartObject(key);
                json.WriteString("dtype", ElementFormats.NameOf(tensor.DType));
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                    json.WriteNumberValue(size);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offsets[key].Begin);
                json.WriteNumberValue(offsets[key].End);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
            buffer.WriteByte((byte)' ');
        return buffer.ToArray();
    }
}
