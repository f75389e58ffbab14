using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>A model that reads an image pixel by pixel in raster order and keeps what it computed.</summary>
internal interface IRasterState
{
    /// <summary>Begins a row; the rows above are complete.</summary>
    void BeginRow(long row);

    /// <summary>What the model says of a pixel. Called once a channel, with those before it known and the rest zero.</summary>
    /// <param name="column">The pixel's column in the row begun last.</param>
    /// <param name="pixel">(B, C), values in [0, 1].</param>
    /// <returns>(B, C * maps per channel)</returns>
    Tensor Maps(long column, Tensor pixel);

    /// <summary>Keeps a pixel, complete.</summary>
    /// <inheritdoc cref="Maps"/>
    void Keep(long column, Tensor pixel);

    /// <summary>Ends the row: all its pixels have been kept.</summary>
    void EndRow();
}

/// <summary>Draws pixels one after the other, row by row, each channel given all that was drawn before it.</summary>
/// <param name="shape">Of one image.</param>
/// <param name="maps">What the model's maps mean.</param>
internal sealed class RasterDrawing(ImageShape shape, LevelMaps maps)
{
    /// <summary>Draws whole images, or with <paramref name="mean"/> the mean of each pixel given the draws before it.</summary>
    public Tensor Sample(long count, Rng rng, bool mean, Func<long, IRasterState> begin)
    {
        var image = Tensor.Zeros([count, shape.Channels, shape.Height, shape.Width]);
        var means = mean ? Tensor.Zeros(image.Shape) : null;
        Fill(image, means, 0, rng, begin);
        return means ?? image;
    }

    /// <summary>Draws the pixels from the first missing one on.</summary>
    public Tensor Complete(Tensor images, bool[,] given, Rng rng, Func<long, IRasterState> begin)
    {
        if (WhyNot(given) is { } reason)
            throw new ArgumentException(reason, nameof(given));
        var image = maps.Levels.Values(maps.Levels.Indices(images));
        Fill(image, null, given.Cast<bool>().TakeWhile(known => known).Count(), rng, begin);
        return image;
    }

    /// <summary>Raster models know p(missing | given) exactly where all given pixels come before all missing ones.</summary>
    public string? WhyNot(bool[,] given)
    {
        if (given.GetLength(0) != shape.Height || given.GetLength(1) != shape.Width)
            return $"the mask is {given.GetLength(0)}x{given.GetLength(1)}, the images are {shape.Height}x{shape.Width}";
        var after = given.Cast<bool>().Select((known, at) => (known, at)).SkipWhile(pixel => pixel.known)
            .Where(pixel => pixel.known).Select(pixel => (int?)pixel.at).FirstOrDefault();
        return after is not { } place ? null : $"the pixel in row {place / shape.Width}, column {place % shape.Width} is given but "
            + "comes after a missing one: this model reads row by row from the top left, so it can only go on from given "
            + "rows, the last of them given from the left (orderless models such as eonade take any mask)";
    }

    private void Fill(Tensor image, Tensor? means, long given, Rng rng, Func<long, IRasterState> begin)
    {
        var state = NoGrad.Run(() => begin(image.Size(0)));
        var (channels, each) = (shape.Channels, maps.PerChannel);
        Decode.Steps(shape.Height, row =>
        {
            state.BeginRow(row);
            Decode.Steps(shape.Width, column =>
            {
                var pixel = image.Select(2, row).Select(2, column); // (B, C), a view
                for (var c = 0; c < channels && (row * shape.Width) + column >= given; c++)
                {
                    pixel.Narrow(1, c, channels - c).ZeroInPlace();
                    var said = state.Maps(column, pixel).Narrow(1, c * each, each);
                    means?.Select(1, c).Select(1, row).Select(1, column).CopyInPlace(maps.Mean(said.View(-1, each, 1, 1), 1).View(-1));
                    pixel.Select(1, c).CopyInPlace(maps.Draw(said, rng));
                }

                state.Keep(column, pixel);
            });
            state.EndRow();
        });
    }
}
