using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Figment.Data.Formats;

/// <summary>The header of a <c>.npy</c> file: a magic, a version, and a Python dictionary of three entries.</summary>
internal sealed record NpyHeader(string Descriptor, bool FortranOrder, long[] Shape, int DataStart)
{
    internal const int MaximumLength = 1 << 16;
    private const int MaximumRank = 32;
    private const string Damaged = "The file is damaged or no .npy file: save it again with numpy.save";
    internal static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads the header from the first bytes of a file.</summary>
    internal static NpyHeader Parse(ReadOnlySpan<byte> start, string name)
    {
        if (!start.StartsWith(Magic))
            throw Bad(name, "is no .npy file: the signature is wrong", 0);
        if (start.Length < 10)
            throw Bad(name, "is cut off inside its header", start.Length);
        int major = start[6], minor = start[7];
        if (major is < 1 or > 3 || minor != 0)
            throw Bad(name, $"has the unknown format version {major}.{minor}", 6);
        var prefix = major == 1 ? 10 : 12;
        if (start.Length < prefix)
            throw Bad(name, "is cut off inside its header", start.Length);
        long length = major == 1
            ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..])
            : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        if (length > MaximumLength)
            throw Bad(name, $"declares a header of {length:N0} bytes; the limit is {MaximumLength:N0}", 8);
        if (length > start.Length - prefix)
            throw Bad(name, $"is cut off: its header needs {length:N0} bytes", start.Length);
        string text;
        try
        {
            text = new UTF8Encoding(false, true).GetString(start.Slice(prefix, (int)length));
        }
        catch (DecoderFallbackException error)
        {
            throw new BadFileException(name, "has a header that is not UTF-8", $"byte {prefix}", Damaged, error);
        }

        return new Dictionary(text, name, prefix).Read(prefix + (int)length);
    }

    /// <summary>The header's bytes, padded so that the data begin at a multiple of 64.</summary>
    internal static byte[] Format(string descriptor, bool fortranOrder, ReadOnlySpan<long> shape, int major)
    {
        if (major is < 1 or > 3)
            throw new ArgumentOutOfRangeException(nameof(major), major, "Versions 1, 2 and 3 exist.");
        var sizes = string.Join(", ", shape.ToArray().Select(size => size.ToString(CultureInfo.InvariantCulture)));
        var text = $"{{'descr': '{descriptor}', 'fortran_order': {(fortranOrder ? "True" : "False")}, "
            + $"'shape': ({sizes}{(shape.Length == 1 ? "," : "")}), }}";
        var prefix = major == 1 ? 10 : 12;
        var total = (prefix + text.Length + 1 + 63) / 64 * 64;
        var header = new byte[total];
        Magic.CopyTo(header);
        header[6] = (byte)major;
        if (major == 1)
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), checked((ushort)(total - prefix)));
        else
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)(total - prefix));
        header.AsSpan(prefix).Fill((byte)' ');
        Encoding.UTF8.GetBytes(text, header.AsSpan(prefix));
        header[^1] = (byte)'\n';
        return header;
    }

    private static BadFileException Bad(string name, string problem, int at) =>
        new(name, problem, $"byte {at}", Damaged);

    /// <summary>Reads the one dictionary form that numpy writes; anything else is refused, nothing is
    /// evaluated.</summary>
    private sealed class Dictionary(string text, string name, int offset)
    {
        private int at;

        internal NpyHeader Read(int dataStart)
        {
            string? descriptor = null;
            bool? fortran = null;
            long[]? shape = null;
            Expect('{');
            while (!Take('}'))
            {
                var key = Quoted();
                Expect(':');
                if (key == "descr" && descriptor is null)
                    descriptor = Peek() is '[' or '(' ? throw Structured() : Quoted();
                else if (key == "fortran_order" && fortran is null)
                    fortran = Boolean();
                else if (key == "shape" && shape is null)
                    shape = Sizes();
                else
                    throw Fault($"has the unexpected or repeated header entry '{key}'");
                if (!Take(','))
                {
                    Expect('}');
                    break;
                }
            }

            Blanks();
            if (at != text.Length)
                throw Fault("has something after its header");
            if (descriptor is null || fortran is null || shape is null)
                throw Fault("lacks one of the header entries descr, fortran_order and shape");
            return new NpyHeader(descriptor, fortran.Value, shape, dataStart);
        }

        private string Quoted()
        {
            Blanks();
            var quote = at < text.Length ? text[at] : '\0';
            if (quote is not ('\'' or '"'))
                throw Fault("has a header entry without quotes");
            var end = text.IndexOf(quote, at + 1);
            if (end < 0)
                throw Fault("has a quote without its end");
            var inside = text[(at + 1)..end];
            at = end + 1;
            return inside;
        }

        private bool Boolean()
        {
            Blanks();
            foreach (var value in new[] { "True", "False" })
            {
                if (string.CompareOrdinal(text, at, value, 0, value.Length) != 0)
                    continue;
                at += value.Length;
                return value == "True";
            }

            throw Fault("has a fortran_order that is neither True nor False");
        }

        private long[] Sizes()
        {
            var sizes = new List<long>();
            Expect('(');
            while (!Take(')'))
            {
                Blanks();
                var end = at;
                while (end < text.Length && char.IsAsciiDigit(text[end]))
                    end++;
                if (!long.TryParse(text.AsSpan(at, end - at), NumberStyles.None, CultureInfo.InvariantCulture,
                    out var size))
                    throw Fault("has a shape that is no list of sizes");
                at = end;
                sizes.Add(size);
                if (sizes.Count > MaximumRank)
                    throw Fault($"has more than {MaximumRank} dimensions");
                if (!Take(','))
                {
                    Expect(')');
                    break;
                }
            }

            return [.. sizes];
        }

        private char Peek()
        {
            Blanks();
            return at < text.Length ? text[at] : '\0';
        }

        private bool Take(char wanted)
        {
            if (Peek() != wanted)
                return false;
            at++;
            return true;
        }

        private void Expect(char wanted)
        {
            if (!Take(wanted))
                throw Fault($"has a header in which '{wanted}' is missing");
        }

        private void Blanks()
        {
            while (at < text.Length && text[at] is ' ' or '\n')
                at++;
        }

        private BadFileException Structured() => new(name, "holds records of several fields", $"byte {offset + at}",
            "Save each field as an array of its own");

        private BadFileException Fault(string problem) => Bad(name, problem, offset + at);
    }
}
