namespace Figment.Data.Images;

/// <summary>The checksum of PNG chunks (ISO 3309, reflected polynomial EDB88320), four bytes a step.</summary>
internal static class Crc32
{
    private static readonly uint[][] tables = MakeTables();

    internal static uint Of(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var (t0, t1, t2, t3) = (tables[0], tables[1], tables[2], tables[3]);
        var crc = ~previous;
        while (bytes.Length >= 4)
        {
            crc ^= System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            crc = t3[crc & 0xFF] ^ t2[(crc >> 8) & 0xFF] ^ t1[(crc >> 16) & 0xFF] ^ t0[crc >> 24];
            bytes = bytes[4..];
        }

        foreach (var value in bytes)
            crc = t0[(crc ^ value) & 0xFF] ^ (crc >> 8);
        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        var made = new uint[4][];
        for (var table = 0; table < 4; table++)
            made[table] = new uint[256];
        for (var n = 0u; n < 256; n++)
        {
            var crc = n;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
            made[0][n] = crc;
        }

        for (var table = 1; table < 4; table++)
        {
            for (var n = 0; n < 256; n++)
                made[table][n] = made[0][made[table - 1][n] & 0xFF] ^ (made[table - 1][n] >> 8);
        }

        return made;
    }
}
