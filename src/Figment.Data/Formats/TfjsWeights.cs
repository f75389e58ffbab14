using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Figment.Data.Formats;

/// <summary>An array of a network, under the name that its training program gave it.</summary>
/// <param name="Name">Such as <c>Conv1/kernel</c>.</param>
/// <param name="Shape">Sizes, the last one running fastest.</param>
/// <param name="Values">As many as the sizes' product.</param>
public sealed record NamedArray(string Name, IReadOnlyList<long> Shape, float[] Values);

/// <summary>
/// Weights as TensorFlow.js stores them, packed into scripts: a list of names, shapes and scales in the topology's
/// script, and shards whose scripts hold one base64 text each. A byte q of an array stands for min + scale q. The lists
/// are read as text: no script is run, and the topology itself is not needed by networks that are written out.
/// </summary>
public static partial class TfjsWeights
{
    private const string Cure = "The file is damaged or of another version: fetch it again";
    private const long MostValues = 1L << 28;

    /// <summary>Reads every array.</summary>
    /// <param name="topology">The script with <c>weightsManifest</c>.</param>
    /// <param name="shards">The scripts with the bytes, in their order.</param>
    /// <param name="name">The name used in errors.</param>
    /// <exception cref="BadFileException">A script is of another form, or list and bytes do not fit.</exception>
    public static IReadOnlyList<NamedArray> Read(byte[] topology, IReadOnlyList<byte[]> shards, string name)
    {
        ArgumentNullException.ThrowIfNull(topology);
        ArgumentNullException.ThrowIfNull(shards);
        var bytes = shards.SelectMany((shard, n) => Unpacked(shard, $"{name}, shard {n + 1}")).ToArray();
        var arrays = new List<NamedArray>();
        var at = 0L;
        foreach (var (array, shape, min, scale) in Listed(Encoding.UTF8.GetString(topology), name))
        {
            var count = shape.Aggregate(1L, (product, size) =>
                size is > 0 and < MostValues && product < MostValues ? product * size : MostValues);
            if (count > bytes.Length - at)
            {
                throw new BadFileException(name, $"lists {array} of {count:N0} values, but its shards hold "
                    + $"{bytes.Length - at:N0} more", null, Cure);
            }

            var values = new float[count];
            for (var i = 0; i < count; i++) values[i] = (float)((bytes[at + i] * scale) + min);
            arrays.Add(new NamedArray(array, shape, values));
            at += count;
        }

        return at == bytes.Length ? arrays : throw new BadFileException(name,
            $"lists {at:N0} values, but its shards hold {bytes.Length:N0}", null, Cure);
    }

    private static List<(string Name, long[] Shape, double Min, double Scale)> Listed(string script, string name)
    {
        var start = script.IndexOf("weightsManifest:[", StringComparison.Ordinal);
        if (start < 0) throw new BadFileException(name, "holds no weightsManifest", null, Cure);
        var found = new List<(string Name, long[] Shape, double Min, double Scale)>();
        foreach (Match entry in Entry().Matches(script, start))
        {
            found.Add((entry.Groups["name"].Value,
                [.. entry.Groups["shape"].Value.Split(',')
                    .Select(size => long.Parse(size, CultureInfo.InvariantCulture))],
                Number(entry, "min"), Number(entry, "scale")));
        }

        // What is not written as expected must not be passed over.
        var listed = Shapes().Count(script.AsSpan(start));
        return listed == found.Count && found.DistinctBy(entry => entry.Name).Count() == listed ? found
            : throw new BadFileException(name, $"lists {listed} arrays, of which {found.Count} are of 8 bits with a "
                + "scale and a name of their own", null, Cure);

        double Number(Match entry, string part) => double.TryParse(entry.Groups[part].Value, NumberStyles.Float,
            CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number
            : throw new BadFileException(name, $"lists {entry.Groups["name"].Value} with a {part} that is no number",
                null, Cure);
    }

    private static byte[] Unpacked(byte[] script, string name)
    {
        const string mark = "exports=\"";
        var text = script.AsSpan();
        var from = text.LastIndexOf(Encoding.ASCII.GetBytes(mark));
        var length = from < 0 ? -1 : text[(from + mark.Length)..].IndexOf((byte)'"');
        if (length < 0) throw new BadFileException(name, "holds no base64 text", null, Cure);
        var packed = text.Slice(from + mark.Length, length);
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(length)];
        return Base64.DecodeFromUtf8(packed, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            ? bytes[..written] : throw new BadFileException(name, "is no valid base64", null, Cure);
    }

    [GeneratedRegex("""\{name:"(?<name>[^"]{1,200})",shape:\[(?<shape>\d{1,9}(,\d{1,9}){0,7})\],dtype:"float32","""
        + """quantization:\{min:(?<min>-?[\d.]+(e-?\d+)?),scale:(?<scale>[\d.]+(e-?\d+)?),dtype:"uint8"\}\}""",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Entry();

    [GeneratedRegex(@"shape:\[")]
    private static partial Regex Shapes();
}
