using System.Globalization;
using System.Runtime.InteropServices;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Xunit;

namespace Figment.Data.Tests.Sets;

/// <summary>Points of one's own.</summary>
public class PointFileTests
{
    private static readonly string[] ten = [.. Enumerable.Range(0, 10).Select(i =>
        string.Create(CultureInfo.InvariantCulture, $"{i / 4.0},{-i}"))];

    private static DataSplits Open(string[] lines, string name = "points.csv", DataOptions? options = null)
    {
        var folder = Directory.CreateTempSubdirectory("figment-points-");
        try
        {
            var path = Path.Combine(folder.FullName, name);
            File.WriteAllLines(path, lines);
            return DataSets.Open((options ?? new DataOptions()) with { Source = path });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static float[] Numbers(DataSplits data) => [.. new[] { data.Train, data.Validation, data.Test }
        .SelectMany(part => Enumerable.Range(0, part.Count).SelectMany(i =>
            MemoryMarshal.Cast<byte, float>(part.Pixels(i)).ToArray()))];

    [Fact]
    public void Two_columns_are_points_of_a_plane()
    {
        var data = Open(["x,y", "# measured", "", .. ten]);
        Assert.Equal(new ImageShape(1, 1, 2), data.Shape);
        Assert.True(data.Transform.AreNumbers);
        Assert.Equal(10, data.Train.Count + data.Validation.Count + data.Test.Count);
        Assert.True(data.Validation.Count > 0 && data.Test.Count > 0);
        Assert.Equal(Enumerable.Range(0, 10).SelectMany(i => (float[])[i / 4f, -i]).Order(), Numbers(data).Order());
    }

    [Theory]
    [InlineData(';')]
    [InlineData('\t')]
    public void Other_separators_and_one_column_are_read(char separator)
    {
        Assert.Equal(20, Numbers(Open([.. ten.Select(line => line.Replace(',', separator))], "POINTS.CSV")).Length);
        var line = Open([.. Enumerable.Range(0, 12).Select(i => $"{i}e-1")]);
        Assert.Equal(new ImageShape(1, 1, 1), line.Shape);
        Assert.Equal(1.1f, Numbers(line).Max());
    }

    [Theory]
    [InlineData("1,nan", "'nan', which is not a finite number (line 11)")]
    [InlineData("1,1e39", "not a finite number (line 11)")]
    [InlineData("1,-Infinity", "not a finite number (line 11)")]
    [InlineData("1", "1 columns here, and 2 before (line 11)")]
    [InlineData("1,2,3", "3 columns here, and 2 before (line 11)")]
    [InlineData("1,", "lacks a number (line 11)")]
    [InlineData("1,two", "'two' for a number (line 11)")]
    [InlineData("1;5,2", "3 columns here")]
    public void A_line_that_cannot_be_read_is_named(string line, string problem) =>
        Assert.Contains(problem, Assert.Throws<BadFileException>(() => Open([.. ten, line])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("has 0 points", new string[0])]
    [InlineData("has 0 points", new[] { "x,y" })]
    [InlineData("has 2 points", new[] { "1,2", "3,4" })]
    [InlineData("has 3 columns (line 1)", new[] { "1,2,3" })]
    public void A_file_without_points_is_refused(string problem, string[] lines) =>
        Assert.Contains(problem, Assert.Throws<BadFileException>(() => Open(lines)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_done_to_pictures_is_refused()
    {
        var fault = Assert.Throws<ArgumentException>(() => Open(ten, options: new DataOptions { Size = 8 }));
        Assert.Contains("points, not pictures", fault.Message, StringComparison.Ordinal);
        var missing = Assert.Throws<ArgumentException>(() => DataSets.Open(new DataOptions { Source = "no-such.csv" }));
        Assert.Contains("no-such.csv", missing.Message, StringComparison.Ordinal);
    }
}
