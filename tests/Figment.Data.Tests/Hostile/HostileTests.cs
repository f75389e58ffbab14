using System.Globalization;
using Figment.Data.Formats;
using Figment.Data.Images;
using Figment.Data.Tests.Catalog;
using Figment.Data.Tests.Formats;
using Figment.Data.Tests.Images;
using Xunit;

namespace Figment.Data.Tests.Hostile;

/// <summary>Whatever a file holds: a correct read or one clear error, and memory within bounds.</summary>
public class HostileTests
{
    private const long Slack = 64 << 20;

    public static TheoryData<string> Names => [.. BadFiles.All.Select(file => $"{file.Kind}: {file.What}")];

    [Fact]
    public void There_are_enough_of_them() => Assert.InRange(BadFiles.All.Count, 90, 1000);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_file_gives_one_clear_error_and_takes_no_memory(string name)
    {
        var bad = BadFiles.All.Single(file => $"{file.Kind}: {file.What}" == name);
        var bytes = bad.Make();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<BadFileException>(() => BadFile.Read(bad.Kind, bytes, "x"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 3L * bytes.Length + (8 << 20));
        Assert.Contains(bad.Why, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("x", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(".", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Cure);
    }

    [Fact]
    public void A_picture_at_the_limit_is_read_and_the_limit_can_be_moved()
    {
        // 50,000,000 pixels of one bit, in rows of zeros.
        var file = PngMaker.Of(10_000, 5_000, 1, 0).Raw(new byte[5_000 * 1_251]).End();
        Assert.Equal(50_000_000, Image.Decode(file, "x").Pixels.Length);
        Assert.Throws<BadFileException>(() => Image.Decode(file, "x", 0, new FileLimits { Pixels = 49_999_999 }));
        Assert.Throws<BadFileException>(() => Image.Decode(file, "x", 0, new FileLimits { Side = 9_999 }));
    }

    [Fact]
    public void What_follows_the_end_of_a_picture_is_ignored()
    {
        Assert.Equal(4, Image.Decode([.. BadFiles.GoodPng, 1, 2, 3], "x").Pixels.Length);
        Assert.Equal(768, Image.Decode([.. BadFiles.GoodJpeg, 1, 2, 3], "x").Pixels.Length);
    }

    [Fact]
    public void Fifteen_hundred_mutated_files_end_well() => Fuzz(1_500, 1);

    [Fact]
    [Trait("speed", "slow")]
    public void Fifteen_thousand_mutated_files_end_well() => Fuzz(15_000, 2);

    // JPEG has no checksums: damaged picture data may decode to a damaged picture, and the decoder says so on stderr.
    [Fact]
    [Trait("speed", "slow")]
    public void Three_thousand_mutated_photographs_end_well() => Fuzz(3_000, 3, ("jpeg", BadFiles.GoodJpeg));

    private static void Fuzz(int files, int seed) => Fuzz(files, seed,
        [
            ("png", PngMaker.Of(9, 7, 8, 2).Rows([.. Enumerable.Range(0, 7).Select(_ => new byte[27])]).End()),
            ("png", PngMaker.Of(9, 7, 2, 3, 1).Chunk("PLTE", new byte[12]).Chunk("tRNS", 1, 2).Raw(new byte[40]).End()),
            ("png", PngMaker.Of(5, 5, 16, 6).Chunk("tEXt", 65, 0, 66).Raw(new byte[5 * 41]).End()),
            ("idx", CacheTests.Idx([3, 4, 5], new byte[60])),
            ("idx", CacheTests.Gzip(CacheTests.Idx([3, 4, 5], [.. Enumerable.Range(0, 60).Select(i => (byte)i)]))),
            ("npy", NpyTests.File("<f4", false, "(3, 4)", new byte[48])),
            ("npy", NpyTests.File(">i8", true, "(2, 3, 4)", new byte[192], version: 2)),
            ("npz", BadFiles.GoodNpz),
        ]);

    private static void Fuzz(int files, int seed, params (string Kind, byte[] File)[] seeds)
    {
        var random = new Random(seed);
        int read = 0, refused = 0;
        for (var n = 0; n < files; n++)
        {
            var (kind, original) = seeds[n % seeds.Length];
            var bytes = Mutate(original, random);
            // Half of the pictures get right checksums again, so that what lies behind them is reached.
            if (kind == "png" && random.Next(2) == 0)
                PngMaker.Repair(bytes);
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Check(kind, BadFile.Read(kind, bytes, "x"));
                read++;
            }
            catch (BadFileException error)
            {
                Assert.True(error.Message.Length > 20 && error.Cure.Length > 0, error.Message);
                refused++;
            }
            catch (Exception error)
            {
                Assert.Fail($"case {n} of seed {seed} ({kind}): {error}\n{Convert.ToHexString(bytes)}");
            }

            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            // For a picture the declared pixels come on top: at most 4 bytes each, twice while it is turned.
            var pixels = kind == "png" ? DeclaredPixels(bytes) : kind == "jpeg" ? FileLimits.Default.Pixels : 0;
            var limit = bytes.Length + Slack + 8 * pixels;
            Assert.True(allocated <= limit, $"case {n} of seed {seed} ({kind}) took {allocated:N0} bytes");
        }

        Assert.InRange(refused, files / 4, files);
        Assert.InRange(read, files / 50, files);
        Assert.InRange(PeakMemory(), 0, 4L << 30);
    }

    private static void Check(string kind, object result)
    {
        switch (result)
        {
            case Image image:
                Assert.Equal(image.Shape.Length, image.Pixels.Length);
                break;
            case IdxArray array:
                Assert.Equal(array.Values.Length, array.Dimensions.Aggregate(1L, (product, size) => product * size));
                break;
            case IReadOnlyDictionary<string, NpyArray> arrays:
                Assert.All(arrays.Values, array => Check("npy", array));
                break;
            case NpyArray array:
                Assert.Equal(array.Count, array.Shape.Aggregate(1L, (product, size) => product * size));
                break;
            default:
                Assert.Fail($"{kind} gave {result}");
                break;
        }
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = original.ToList();
        for (var change = random.Next(1, 4); change > 0 && bytes.Count > 0; change--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0;
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 33), bytes.Count - at)));
                    break;
                case 5:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    for (var i = at; i < Math.Min(at + 4, bytes.Count); i++)
                        bytes[i] = 0xFF;
                    break;
            }
        }

        return [.. bytes];
    }

    private static long DeclaredPixels(byte[] png)
    {
        if (png.Length < 24)
            return 0;
        long width = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(16));
        long height = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(20));
        return width > 100_000 || height > 100_000 ? 0 : Math.Min(width * height, FileLimits.Default.Pixels);
    }

    private static long PeakMemory() => long.Parse(File.ReadLines("/proc/self/status")
        .First(line =>
            line.StartsWith("VmHWM", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) << 10;
}
