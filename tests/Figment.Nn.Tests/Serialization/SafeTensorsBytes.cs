using System.Buffers.Binary;
using System.Text;
using Figment.Nn.Serialization;

namespace Figment.Nn.Tests.Serialization;

/// <summary>Safetensors files made by hand, good and bad.</summary>
internal static class SafeTensorsBytes
{
    /// <summary>A file of that header and so many bytes of data; the length prefix may lie.</summary>
    public static byte[] File(string header, int dataBytes, ulong? claimedLength = null) =>
        File(Encoding.UTF8.GetBytes(header), dataBytes, claimedLength);

    public static byte[] File(byte[] header, int dataBytes, ulong? claimedLength = null)
    {
        var file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, claimedLength ?? (ulong)header.Length);
        header.CopyTo(file, 8);
        for (var i = 8 + header.Length; i < file.Length; i++)
            file[i] = (byte)i;
        return file;
    }

    /// <summary>A file of those entries and so many bytes of data.</summary>
    public static byte[] Of(int dataBytes, params IEnumerable<string> entries) =>
        File("{" + string.Join(",", entries) + "}", dataBytes);

    public static string Entry(string name, string dtype, string shape, string offsets) =>
        $"\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":{offsets}}}";

    public static SafeTensorsFile Open(byte[] file, SafeTensorsLimits? limits = null) =>
        new(new MemoryStream(file, writable: false), "test.safetensors", limits);
}
