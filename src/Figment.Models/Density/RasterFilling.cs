using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>What a model computes of one pixel at a time, keeping what it computed of the pixels before.</summary>
internal interface IRasterSteps
{
    /// <summary>Begins row i; rows come from the top.</summary>
    void StartRow(long i);

    /// <summary>Takes the present pixel's channels as far as they are known.</summary>
    /// <param name="j">The pixel's column.</param>
    /// <param name="pixel">(B, C); channels not yet known do not matter.</param>
    void Keep(long j, Tensor pixel);

    /// <summary>The present pixel's maps, computed in every layer from what is kept.</summary>
    /// <param name="j">The pixel's column.</param>
    /// <returns>(B, maps)</returns>
    Tensor Maps(long j);

    /// <summary>Draws the present pixel.</summary>
    /// <param name="j">The pixel's column.</param>
    /// <param name="pixel">(B, C), written in place.</param>
    /// <param name="rng">Where the draw comes from.</param>
    void Draw(long j, Tensor pixel, Rng rng);

    /// <summary>Ends the row: all its pixels are kept and their maps computed.</summary>
    void EndRow()
    {
    }
}

/// <summary>Fills images pixel by pixel in raster order: row by row from the top, each from the left.</summary>
internal static class RasterFilling
{
    /// <summary>The rule for completing: the given pixels are the first ones in raster order.</summary>
    /// <returns>Null if the mask obeys it, otherwise what is wrong and what would do.</returns>
    public static string? WhyNotCompletable(bool[,] given, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (given.GetLength(0) != height || given.GetLength(1) != width)
            return $"the mask has {given.GetLength(0)}x{given.GetLength(1)} pixels, "
                + $"the model's images {height}x{width}";
        var missing = -1;
        for (var p = 0; p < height * width; p++)
        {
            if (!given[p / width, p % width])
                missing = missing < 0 ? p : missing;
            else if (missing >= 0)
            {
                return $"the model draws row by row from the top left, so it completes what comes after the given "
                    + $"pixels, but row {p / width}, column {p % width} is given and "
                    + $"row {missing / width}, column {missing % width} before it is missing; "
                    + "give the upper part of the image, up to any pixel, and nothing after it";
            }
        }

        return null;
    }

    /// <summary>What a completion begins with: the images on the model's levels, if the mask obeys the rule.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="given">True where the pixel stays.</param>
    /// <param name="shape">Of the model's images.</param>
    /// <param name="levels">The model's levels.</param>
    /// <returns>(B, C, H, W), contiguous, a copy.</returns>
    /// <exception cref="ArgumentException">The mask breaks the rule; the message says where.</exception>
    public static Tensor Begin(Tensor images, bool[,] given, ImageShape shape, PixelLevels levels) =>
        WhyNotCompletable(given, shape.Height, shape.Width) is { } reason
            ? throw new ArgumentException(reason, nameof(given))
            : levels.Values(levels.Indices(images)).Contiguous();

    /// <summary>Draws what is missing, in place.</summary>
    /// <param name="x">(B, C, H, W), contiguous; values of missing pixels are written.</param>
    /// <param name="given">True where the pixel stays; null draws all.</param>
    /// <param name="steps">The model.</param>
    /// <param name="rng">Where the draws come from.</param>
    public static Tensor Fill(Tensor x, bool[,]? given, IRasterSteps steps, Rng rng)
    {
        var (b, c, h, w) = (x.Size(0), x.Size(1), x.Size(2), x.Size(3));
        Decode.Steps(h, i =>
        {
            steps.StartRow(i);
            Decode.Steps(w, j =>
            {
                var pixel = x.AsStrided([b, c], [c * h * w, h * w], (i * w) + j);
                if (given?[i, j] == true)
                {
                    steps.Keep(j, pixel);
                    steps.Maps(j); // for the layers' sake: later pixels look back at them
                    return;
                }

                steps.Draw(j, pixel, rng);
                steps.Keep(j, pixel);
            });
            steps.EndRow();
        });
        return x;
    }

    /// <summary>Draws a pixel channel by channel, each from its own maps given the channels before it.</summary>
    public static void DrawChannels(IRasterSteps steps, LevelMaps levels, long j, Tensor pixel, Rng rng)
    {
        for (var c = 0L; c < pixel.Size(1); c++)
        {
            if (c > 0)
                steps.Keep(j, pixel);
            var maps = steps.Maps(j).Narrow(1, c * levels.PerChannel, levels.PerChannel);
            pixel.Select(1, c).CopyInPlace(levels.Draw(maps, rng));
        }
    }
}
