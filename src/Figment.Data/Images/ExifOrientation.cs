using System.Buffers.Binary;

namespace Figment.Data.Images;

/// <summary>
/// Finds the orientation tag (0x0112) in a block of EXIF data. A block that makes no sense counts as "as stored":
/// metadata are no reason to refuse a picture.
/// </summary>
internal static class ExifOrientation
{
    private const ushort Tag = 0x0112;

    internal static int Read(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8)
            return 1;
        var little = tiff[0] == 'I' && tiff[1] == 'I';
        if (!little && !(tiff[0] == 'M' && tiff[1] == 'M') || Short(tiff[2..], little) != 42)
            return 1;
        var directory = Long(tiff[4..], little);
        if (directory > (uint)tiff.Length - 2)
            return 1;
        var entries = tiff[(int)directory..];
        var count = Short(entries, little);
        entries = entries[2..];
        for (var n = 0; n < count && entries.Length >= 12; n++, entries = entries[12..])
        {
            if (Short(entries, little) != Tag)
                continue;
            var value = Short(entries[8..], little);
            return value is >= 1 and <= 8 ? value : 1;
        }

        return 1;
    }

    private static ushort Short(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt16BigEndian(at);

    private static uint Long(ReadOnlySpan<byte> at, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(at) : BinaryPrimitives.ReadUInt32BigEndian(at);
}
