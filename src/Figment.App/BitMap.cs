using System.Globalization;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.App;

/// <summary>
/// The bits that each pixel costs: -log2 p(x_i | the pixels before it). Images stand above their maps; the last column
/// is the mean over all images that were measured.
/// </summary>
internal sealed class BitMap(TrainedModel trained, int count, int total)
{
    // From no bit to the most: black, violet, red, orange, pale yellow. Equal steps of brightness, so that grey prints
    // tell as much.
    private static readonly byte[][] Ramp = [[0, 0, 0], [64, 12, 96], [170, 40, 90], [240, 120, 32], [252, 252, 164]];

    private readonly ImageShape shape = Checked(trained);
    private readonly List<float> images = [];
    private readonly List<double[]> maps = [];
    private readonly double[] meanImage = new double[trained.Shape.Length];
    private readonly double[] meanMap = new double[trained.Shape.Height * trained.Shape.Width];
    private readonly List<int> shown = [];
    private int seen;

    /// <summary>Takes a batch's exact log-probabilities.</summary>
    /// <param name="batch">(B, C, H, W) in [0, 1].</param>
    /// <param name="logs">Nats, (B, C, H, W).</param>
    public void Add(Tensor batch, Tensor logs)
    {
        var n = (int)batch.Size(0);
        // (B, H, W): a pixel's channels together
        var bits = (logs.To(DType.Float64).Sum([1]) / -Math.Log(2)).ToArray<double>();
        var pixels = batch.ToArray<float>();
        var area = meanMap.Length;
        for (var i = 0; i < bits.Length; i++) meanMap[i % area] += bits[i];
        for (var i = 0; i < pixels.Length; i++) meanImage[i % meanImage.Length] += pixels[i];
        for (var i = 0; i < n && maps.Count < count; i++)
        {
            // Spread over the set, which may be sorted.
            if (seen + i < (long)maps.Count * total / count) continue;
            shown.Add(seen + i);
            maps.Add(bits[(i * area)..((i + 1) * area)]);
            images.AddRange(pixels.AsSpan(i * shape.Length, shape.Length));
        }

        seen += n;
    }

    /// <summary>Draws and writes the picture.</summary>
    public PictureResult Write(EvaluateRequest request, IImageSource source)
    {
        var most = maps.Max(map => map.Max());
        double[] mean = [.. meanMap.Select(sum => sum / seen)];
        float[] whole = [.. images, .. meanImage.Select(sum => (float)(sum / seen))];
        var bytes = new byte[whole.Length];
        PixelConversion.ToBytes(whole, bytes);
        var colour = shape with { Channels = 3 };
        byte[] all =
        [
            .. bytes.Chunk(shape.Length)
                .SelectMany(image => shape.Channels == 3 ? image : [.. image, .. image, .. image]),
            .. maps.SelectMany(map => Coloured(map, most)),
            .. Coloured(mean, mean.Max()),
        ];
        var picture = new ImageGrid { Columns = maps.Count + 1, Scale = 2, Background = 40 }.Tile(all, colour);
        return PictureFile.Save(trained, request.Out, "map", picture, maps.Count, new()
        {
            ["figment.command"] = request.Command ?? "",
            ["figment.seed"] = request.Seed.ToString(CultureInfo.InvariantCulture),
            ["figment.map"] = "bits of each pixel, exact; the last column is the mean over "
                + seen.ToString("N0", CultureInfo.InvariantCulture) + " images",
            ["figment.map.images"] = $"{Pictures.List(shown)} of {source.Name}",
            ["figment.map.most"] = most.ToString("0.000", CultureInfo.InvariantCulture)
                + " bits in the brightest pixel",
            ["figment.map.mean-most"] = mean.Max().ToString("0.000", CultureInfo.InvariantCulture)
                + " bits in the brightest pixel of the mean",
            ["figment.map.bits"] = mean.Sum().ToString("0.000", CultureInfo.InvariantCulture) + " bits an image",
        });
    }

    // Planes of R, G and B.
    private static byte[] Coloured(double[] map, double most)
    {
        var planes = new byte[3 * map.Length];
        for (var i = 0; i < map.Length; i++)
        {
            var at = most > 0 ? Math.Clamp(map[i] / most, 0, 1) * (Ramp.Length - 1) : 0;
            var below = Math.Min((int)at, Ramp.Length - 2);
            for (var c = 0; c < 3; c++)
                planes[(c * map.Length) + i] = (byte)Math.Round(Ramp[below][c]
                    + ((at - below) * (Ramp[below + 1][c] - Ramp[below][c])));
        }

        return planes;
    }

    private static ImageShape Checked(TrainedModel trained) =>
        trained.Shape.Channels is 1 or 3 && trained.Shape.Height > 1
        ? trained.Shape
        : throw new FigmentException($"{trained.Run.Id} sees numbers in a row of {trained.Shape.Width}, not pixels",
            "leave out --map", isUsage: true);
}
