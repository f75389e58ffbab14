using System.Text.Json;
using System.Text.Unicode;

namespace Figment.Nn.Serialization;

/// <summary>
/// The header of a safetensors file: an 8-byte little-endian length, then that many bytes of JSON. Reading it is pure
/// managed code and accepts nothing doubtful: strict UTF-8, no duplicate keys, no unknown element type, sizes that
/// agree with offsets under checked arithmetic, and data that covers the file without a hole, an overlap or a leftover.
/// </summary>
public sealed class SafeTensorsHeader
{
    private const int LengthBytes = 8;
    private const string Truncated = "The file is damaged or was not fully written; fetch or write it again";
    private const string Malformed = "Write the file again with a safetensors library; do not edit its header by hand";

    private readonly string file;
    private readonly SafeTensorsLimits limits;
    private readonly long dataStart;
    private readonly List<SafeTensorsEntry> entries = [];
    private readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);

    private SafeTensorsHeader(string file, SafeTensorsLimits limits, long dataStart) =>
        (this.file, this.limits, this.dataStart) = (file, limits, dataStart);

    /// <summary>The tensors in the header's order.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries => entries;

    /// <summary>The file's free text, empty where it has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>Reads and validates the header at the start of a seekable stream.</summary>
    /// <param name="stream">The whole file; its length is checked against what the header promises.</param>
    /// <param name="file">The file's name for messages.</param>
    /// <param name="limits">What to accept; null for <see cref="SafeTensorsLimits.Default"/>.</param>
    /// <exception cref="SafeTensorsException">The file breaks a rule of the format or a limit.</exception>
    public static SafeTensorsHeader Read(Stream stream, string file, SafeTensorsLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        limits ??= SafeTensorsLimits.Default;
        var fileLength = stream.Length;
        if (fileLength < LengthBytes)
            throw new SafeTensorsException(file, $"{fileLength} bytes cannot be a safetensors file", Truncated,
                offset: 0);
        Span<byte> prefix = stackalloc byte[LengthBytes];
        stream.Position = 0;
        stream.ReadExactly(prefix);
        var length = BitConverter.ToUInt64(prefix);
        if (length > (ulong)(fileLength - LengthBytes))
            throw new SafeTensorsException(file,
                $"the header claims {length} bytes, but only {fileLength - LengthBytes} follow", Truncated, offset: 0);
        if (length > (ulong)limits.HeaderBytes)
            throw new SafeTensorsException(file,
                $"the header of {length} bytes is over the limit of {limits.HeaderBytes}",
                $"Raise the limit (at most {SafeTensorsLimits.AbsoluteHeaderBytes}) if you trust the file's origin",
                offset: 0);
        var json = new byte[(int)length];
        stream.ReadExactly(json);
        var header = new SafeTensorsHeader(file, limits, LengthBytes + (long)length);
        header.Parse(json);
        header.CheckCoverage(fileLength);
        return header;
    }

    private void Parse(ReadOnlySpan<byte> json)
    {
        if (json.Length < 2 || json[0] != (byte)'{')
            throw Fault("the header does not begin with '{'", Malformed, offset: LengthBytes);
        if (!Utf8.IsValid(json))
            throw Fault("the header is not valid UTF-8", Malformed, offset: LengthBytes);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            reader.Read();
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (NextProperty(ref reader, out var name))
            {
                if (!names.Add(name))
                    throw Fault("the key appears twice", Malformed, name, At(ref reader));
                if (name == "__metadata__")
                    ParseMetadata(ref reader);
                else
                    ParseEntry(ref reader, name);
            }
            if (reader.Read())
                throw Fault("the header goes on after its closing brace", Malformed, offset: At(ref reader));
        }
        catch (JsonException inner)
        {
            throw new SafeTensorsException(file, "the header is not valid JSON", Malformed, null, At(ref reader),
                inner);
        }
        catch (InvalidOperationException inner) // a string with half a surrogate pair
        {
            throw new SafeTensorsException(file, "the header holds an invalid string", Malformed, null,
                At(ref reader), inner);
        }
    }

    private bool NextProperty(ref Utf8JsonReader reader, out string name)
    {
        reader.Read();
        name = reader.TokenType == JsonTokenType.PropertyName ? reader.GetString()! : "";
        if (name.Length > limits.NameLength)
            throw Fault($"a key of {name.Length} characters is over the limit of {limits.NameLength}", Malformed, name,
                At(ref reader));
        return reader.TokenType == JsonTokenType.PropertyName;
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault("the metadata is not an object", Malformed, "__metadata__", At(ref reader));
        while (NextProperty(ref reader, out var name))
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw Fault("the metadata's value is not a string", Malformed, name, At(ref reader));
            if (!metadata.TryAdd(name, reader.GetString()!))
                throw Fault("the metadata's key appears twice", Malformed, name, At(ref reader));
            CheckCount(metadata.Count, "metadata entries");
        }
    }

    private void ParseEntry(ref Utf8JsonReader reader, string name)
    {
        var start = At(ref reader);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault("the tensor's description is not an object", Malformed, name, start);
        string? format = null;
        long[]? shape = null, offsets = null;
        while (NextProperty(ref reader, out var field))
        {
            if ((field, format, shape, offsets) is ("dtype", not null, _, _) or ("shape", _, not null, _)
                or ("data_offsets", _, _, not null))
                throw Fault($"\"{field}\" appears twice", Malformed, name, At(ref reader));
            switch (field)
            {
                case "dtype":
                    reader.Read();
                    if (reader.TokenType != JsonTokenType.String)
                        throw Fault("\"dtype\" is not a string", Malformed, name, At(ref reader));
                    format = reader.GetString()!;
                    break;
                case "shape":
                    shape = ParseNumbers(ref reader, name, field, limits.Rank);
                    break;
                case "data_offsets":
                    offsets = ParseNumbers(ref reader, name, field, 2);
                    break;
                default:
                    throw Fault($"\"{field}\" is no field of a tensor", Malformed, name, At(ref reader));
            }
        }
        if (format is null || shape is null || offsets is not [var begin, var end])
            throw Fault("a tensor needs \"dtype\", \"shape\" and two \"data_offsets\"", Malformed, name, start);
        Add(name, format, shape, begin, end, start);
    }

    private long[] ParseNumbers(ref Utf8JsonReader reader, string name, string field, int limit)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault($"\"{field}\" is not a list", Malformed, name, At(ref reader));
        var numbers = new List<long>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out var number) || number < 0)
                throw Fault($"\"{field}\" holds what is no whole number from 0 to 2^63-1", Malformed, name,
                    At(ref reader));
            if (numbers.Count == limit)
                throw Fault($"\"{field}\" holds more than {limit} numbers", Malformed, name, At(ref reader));
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private void Add(string name, string format, long[] shape, long begin, long end, long at)
    {
        if (!ElementFormats.Known.TryGetValue(format, out var element))
            throw Fault($"the element type \"{(format.Length <= 16 ? format : format[..16])}\" is not supported",
                $"Convert the tensor to one of {ElementFormats.Names} and write the file again", name, at);
        long bytes;
        try
        {
            bytes = element.Bytes;
            foreach (var size in shape)
                bytes = checked(bytes * size);
            // A zero hides an overflow of the other sizes, which libtorch would still trip over.
            _ = shape.Aggregate(1L, (product, size) => checked(product * Math.Max(size, 1)));
        }
        catch (OverflowException)
        {
            throw Fault($"the shape [{string.Join(", ", shape)}] has more than 2^63-1 bytes", Malformed, name, at);
        }
        if (end < begin || end - begin != bytes)
            throw Fault($"the shape [{string.Join(", ", shape)}] of {format} needs {bytes} bytes, but the offsets "
                + $"[{begin}, {end}] give {end - begin}", Malformed, name, at);
        if (begin > long.MaxValue - dataStart)
            throw Fault($"the offset {begin} lies outside of any file", Malformed, name, at);
        entries.Add(new SafeTensorsEntry(name, format, shape, dataStart + begin, bytes));
        CheckCount(entries.Count, "tensors");
    }

    private void CheckCount(int count, string what)
    {
        if (count > limits.Entries)
            throw Fault($"there are more than {limits.Entries} {what}",
                "Raise the limit only if you trust the file's origin");
    }

    private void CheckCoverage(long fileLength)
    {
        var covered = dataStart;
        foreach (var entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Length))
        {
            if (entry.Offset != covered)
                throw Fault(
                    entry.Offset < covered ? "its data overlaps another tensor's" : "a hole lies before its data",
                    Malformed, entry.Name, entry.Offset);
            if (entry.Length > fileLength - covered)
                throw Fault($"its data ends at byte {(decimal)covered + entry.Length}, but the file has {fileLength}",
                    Truncated, entry.Name, entry.Offset);
            covered += entry.Length;
        }
        if (covered != fileLength)
            throw Fault($"{fileLength - covered} bytes follow the last tensor", Truncated, offset: covered);
    }

    private static long At(ref Utf8JsonReader reader) => LengthBytes + reader.TokenStartIndex;

    private SafeTensorsException Fault(string fault, string cure, string? key = null, long? offset = null) =>
        new(file, fault, cure, key, offset);
}
