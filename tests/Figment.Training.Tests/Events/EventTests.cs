using System.Buffers.Binary;
using System.Text;
using Figment.Training.Events;
using Figment.Training.Events.Wire;

namespace Figment.Training.Tests.Events;

public sealed class EventTests
{
    // Check values of CRC-32C: RFC 3720, section B.4, and the usual "123456789".
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8a9136aau)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62a8ab43u)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46dd794eu)]
    [InlineData("313233343536373839", 0xe3069283u)]
    [InlineData("", 0u)]
    public void Checksums_are_crc32c(string hex, uint crc) =>
        Assert.Equal(crc, TfRecord.Crc32C(Convert.FromHexString(hex)));

    [Fact]
    public void A_record_is_length_checksum_data_checksum()
    {
        var record = TfRecord.Frame("abc"u8);
        Assert.Equal(19, record.Length);
        Assert.Equal(3ul, BinaryPrimitives.ReadUInt64LittleEndian(record));
        Assert.Equal(TfRecord.MaskedCrc(record.AsSpan(0, 8)), Crc(record, 8));
        Assert.Equal("abc", Encoding.ASCII.GetString(record, 12, 3));
        // crc32c("abc") = 0x364b3fb7; masked as TensorFlow does.
        Assert.Equal(0x364b3fb7u, TfRecord.Crc32C("abc"u8));
        Assert.Equal(unchecked(((0x364b3fb7u >> 15) | (0x364b3fb7u << 17)) + 0xa282ead8u),
            Crc(record, 15));
    }

    [Fact]
    public void A_file_holds_its_version_then_scalars_and_pictures()
    {
        var clock = new FixedClock();
        using var stream = new MemoryStream();
        using var writer = new EventWriter(stream, clock);
        writer.Scalars(7, [new("train/loss", 0.5), new("train/kl", double.NaN)]);
        var offset = writer.Offset;
        writer.Picture(8, "samples", [1, 2, 3], 20, 10, 1);
        var events = Read(stream.ToArray());
        Assert.Equal(["brain.Event:2", "", ""], events.Select(e => e.FileVersion));
        Assert.Equal([0, 7, 8], events.Select(e => e.Step));
        Assert.All(events, e => Assert.Equal(1795255923.0, e.WallTime));
        Assert.Equal(["train/loss", "train/kl"], events[1].Summary.Value.Select(v => v.Tag));
        Assert.Equal([0.5f, float.NaN], events[1].Summary.Value.Select(v => v.SimpleValue));
        var picture = events[2].Summary.Value[0].Image;
        Assert.Equal((10, 20, 1), (picture.Height, picture.Width, picture.Colorspace));
        Assert.Equal([1, 2, 3], picture.EncodedImageString.ToByteArray());
        writer.Truncate(offset);
        Assert.Equal(2, Read(stream.ToArray()).Count);
        writer.Scalars(9, []);
        Assert.Equal(offset, stream.Length);
    }

    [Fact]
    public void Bytes_on_the_wire_have_tensorflows_field_numbers()
    {
        using var stream = new MemoryStream();
        using var writer = new EventWriter(stream, new FixedClock());
        var start = (int)stream.Length;
        writer.Scalars(3, [new("a", 1)]);
        var data = stream.ToArray().AsSpan(start + 12, (int)stream.Length - start - 16);
        // wall_time = 1 (fixed64), step = 2 (varint), summary = 5 { value = 1 { tag = 1 "a", simple_value = 2 1.0f } }
        Assert.Equal("09" + Convert.ToHexStringLower(BitConverter.GetBytes(1795255923.0)) + "1003" + "2a0a"
            + "0a08" + "0a0161" + "150000803f", Convert.ToHexStringLower(data));
    }

    private static uint Crc(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static List<Event> Read(byte[] bytes)
    {
        var events = new List<Event>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            var data = bytes.AsSpan(at + 12, length);
            Assert.Equal(TfRecord.MaskedCrc(bytes.AsSpan(at, 8)), Crc(bytes, at + 8));
            Assert.Equal(TfRecord.MaskedCrc(data), Crc(bytes, at + 12 + length));
            events.Add(Event.Parser.ParseFrom(data));
            at += length + 16;
        }
        return events;
    }
}
