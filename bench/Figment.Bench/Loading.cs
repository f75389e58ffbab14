using Figment.Data;
using Figment.Data.Formats;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// Opens a data set and gives out each of its pictures once, shuffled, as batches of Float32: the first epoch. The twin of
/// bench/peers/loading.py, which reads the files that are made here.
/// </summary>
internal static class Loading
{
    public const int Pictures = 1000, Side = 128, Digits = 60_000;

    public static Side Png(string[] args) => FirstEpoch(args, Folder("png", f => DrawPictures(f, ImageFormat.Png)), 64);

    public static Side Jpeg(string[] args) => FirstEpoch(args, Folder("jpeg", f => DrawPictures(f, ImageFormat.Jpeg)), 64);

    public static Side Idx(string[] args) => FirstEpoch(args, IdxFolder(), 128);

    /// <summary>60,000 pictures of 28x28 as MNIST stores them.</summary>
    public static string IdxFolder() => Folder("idx", folder =>
    {
        var pixels = new byte[Digits * 28 * 28];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)((i * 2654435761L) >> 13);
        Write("train-images-idx3-ubyte", new([Digits, 28, 28], pixels));
        Write("train-labels-idx1-ubyte", new([Digits], Enumerable.Range(0, Digits).Select(i => (byte)(i % 10)).ToArray()));

        void Write(string name, IdxArray array)
        {
            using var file = File.Create(Path.Combine(folder, name));
            array.Write(file);
        }
    });

    private static Side FirstEpoch(string[] args, string folder, int batchSize) => Measure.Run(args, () =>
    {
        double Mean()
        {
            var source = DataSets.Open(new DataOptions { Source = folder, Validation = 0, Test = 0 }).Train;
            using var loader = new DataLoader(source, new LoaderOptions { BatchSize = batchSize });
            var sum = 0.0;
            for (var k = 0; k < loader.BatchesPerEpoch; k++)
                sum += TensorScope.Run(() => loader.NextBatch().Images.Sum().ToDouble());
            return sum / source.Count / source.Shape.Length;
        }

        return new Work(_ => Mean(), _ => Mean()) { Checks = 2 };
    });

    // Smooth colours with an edge, so that both formats compress as they do with photographs.
    private static void DrawPictures(string folder, ImageFormat format)
    {
        for (var n = 0; n < Pictures; n++)
        {
            var pixels = new byte[Side * Side * 3];
            for (var i = 0; i < pixels.Length; i++)
            {
                var (x, y, c) = (i / 3 % Side, i / 3 / Side, i % 3);
                var wave = Math.Sin((x * (0.05 + (0.0001 * n))) + (c * 2)) + Math.Sin((y * 0.08) + n);
                var grain = (i * 2654435761L >> 11) % 17;
                pixels[i] = (byte)(128 + (45 * wave) + grain + (x + y > Side + (n % 50) ? -20 : 0));
            }

            File.WriteAllBytes(Path.Combine(folder, $"{n:D4}.{(format == ImageFormat.Png ? "png" : "jpg")}"),
                new Image(Side, Side, 3, pixels).Encode(format, 90));
        }
    }

    /// <summary>A folder under build/bench, made at the first call, whole or not at all.</summary>
    public static string Folder(string name, Action<string> fill)
    {
        var parent = Path.Combine(BenchCommand.Root(), "build", "bench");
        var folder = Path.Combine(parent, name);
        if (Directory.Exists(folder)) return folder;
        var unfinished = Directory.CreateDirectory(Path.Combine(parent, $"{name}-{Guid.NewGuid():N}")).FullName;
        fill(unfinished);
        Directory.Move(unfinished, folder);
        return folder;
    }
}
