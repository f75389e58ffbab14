using System.Text;
using Figment.Training.Metrics;

namespace Figment.Training.Tests.Metrics;

public sealed class MetricsTests
{
    private static MetricRow Row(long step) => new("train", step, step * 128, step / 468.75,
        new Dictionary<string, double> { ["loss"] = 1.0 / step, ["kl"] = step == 3 ? double.NaN : -step },
        new MachineUse(1.23456, 10_000.44, 17, 1 << 20));

    [Fact]
    public void A_row_is_one_line_of_json()
    {
        using var stream = new MemoryStream();
        using var writer = new MetricsWriter(stream);
        writer.Write(Row(3));
        const string expected = """
            {"kind":"train","step":3,"examples":384,"epoch":0.0064,
            "values":{"loss":0.3333333333333333,"kl":"nan"},
            "machine":{"seconds":1.235,"examples_per_second":10000.4,"live_tensors":17,"resident_bytes":1048576}}
            """;
        Assert.Equal(expected.ReplaceLineEndings("") + "\n", Encoding.UTF8.GetString(stream.ToArray()));
        Assert.Equal(stream.Length, writer.Offset);
    }

    [Fact]
    public void Rows_come_back_equal()
    {
        var rows = MetricsReader.Read(Written(5)).Rows;
        Assert.Equal(5, rows.Count);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(Row(i + 1).Values, rows[i].Values);
            Assert.Equal(Row(i + 1).Epoch, rows[i].Epoch);
            Assert.Equal(new MachineUse(1.235, 10_000.4, 17, 1 << 20), rows[i].Machine);
        }
    }

    [Fact]
    public void Whatever_byte_a_file_is_torn_at_its_whole_lines_are_read_and_reading_goes_on_from_there()
    {
        var bytes = Written(4).ToArray();
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var whole = bytes.AsSpan(0, cut).Count((byte)'\n');
            var torn = MetricsReader.Read(new MemoryStream(bytes, 0, cut));
            Assert.Equal((whole, 0), (torn.Rows.Count, torn.Skipped));
            var rest = MetricsReader.Read(new MemoryStream(bytes), torn.NextOffset);
            Assert.Equal(4 - whole, rest.Rows.Count);
            Assert.Equal(bytes.Length, rest.NextOffset);
        }
    }

    [Fact]
    public void Damaged_lines_are_passed_over_and_counted()
    {
        var random = new Random(3);
        var good = Written(20).ToArray();
        for (var round = 0; round < 2_000; round++)
        {
            var bytes = good.ToArray();
            for (var edits = random.Next(1, 8); edits > 0; edits--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            var read = MetricsReader.Read(new MemoryStream(bytes));
            Assert.Equal(bytes.AsSpan().Count((byte)'\n'), read.Rows.Count + read.Skipped);
        }
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[[[[[[[[[[[[]]]]]]]]]]]]")]
    [InlineData("""{"kind":"a","kind":"b","step":1}""")]
    [InlineData("\0\0\0\0")]
    public void Lines_that_are_no_rows_are_counted(string line)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(line), (byte)'\n', .. Written(1).ToArray()];
        var read = MetricsReader.Read(new MemoryStream(bytes));
        Assert.Equal((1, 1), (read.Rows.Count, read.Skipped));
    }

    [Fact]
    public void A_line_without_end_costs_no_more_than_its_limit()
    {
        var endless = Enumerable.Repeat((byte)'x', 5 << 20).Append((byte)'\n').Concat(Written(1).ToArray()).ToArray();
        var read = MetricsReader.Read(new MemoryStream(endless));
        Assert.Equal((1, 1), (read.Rows.Count, read.Skipped));
        Assert.Equal(endless.Length, read.NextOffset);
    }

    private static MemoryStream Written(int rows)
    {
        using var stream = new MemoryStream();
        using var writer = new MetricsWriter(stream);
        for (var step = 1; step <= rows; step++)
            writer.Write(Row(step));
        return new MemoryStream(stream.ToArray());
    }
}
