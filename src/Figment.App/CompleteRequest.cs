using System.Globalization;
using Figment.Data;
using Figment.Data.Images;

namespace Figment.App;

/// <summary>Part-given images to fill in.</summary>
public sealed record CompleteRequest : PictureRequest
{
    /// <summary>What is given: <c>top</c>, <c>bottom</c>, <c>left</c> or <c>right</c>, with a share as in
    /// <c>top:0.4</c> (else a half).</summary>
    public string Given { get; init; } = "top";

    /// <summary>A picture whose white pixels are given, in the place of <see cref="Given"/>.</summary>
    public string? Mask { get; init; }

    /// <summary>How many test images.</summary>
    public int Count { get; init; } = 10;

    /// <summary>Completions of each.</summary>
    public int Draws { get; init; } = 6;

    /// <summary>Test images by number; empty picks them by the seed.</summary>
    public IReadOnlyList<int> Images { get; init; } = [];

    /// <summary>Pictures of one's own, in the place of test images; each is brought to the model's size.</summary>
    public IReadOnlyList<string> Files { get; init; } = [];
}

/// <summary>Which pixels are given.</summary>
internal static class GivenMask
{
    private static readonly string[] Sides = ["top", "bottom", "left", "right"];

    /// <summary>The mask that a request means.</summary>
    /// <returns>Rows by columns, true where the pixel is given.</returns>
    /// <exception cref="FigmentException">The words or the picture mean no mask.</exception>
    public static bool[,] Of(CompleteRequest request, ImageShape shape) =>
        request.Mask is { } file ? FromPicture(file, shape) : FromWords(request.Given, shape);

    private static bool[,] FromWords(string words, ImageShape shape)
    {
        var (side, share) = words.Split(':') switch
        {
            [var only] => (only, 0.5),
            [var first, var second] when double.TryParse(second, NumberStyles.Float,
                CultureInfo.InvariantCulture, out var number) => (first, number),
            _ => (words, double.NaN),
        };
        if (!Sides.Contains(side))
            throw new FigmentException($"'{words}' says not what is given"
                + (Nearest.To(side, Sides) is { } near ? $"; did you mean '{near}'?" : ""),
                "give top, bottom, left or right, with a share as in top:0.4, or a picture with --mask", isUsage: true);
        if (share is not (> 0 and < 1))
            throw new FigmentException($"'{words}' leaves nothing to complete or gives nothing",
                "the share lies between 0 and 1, as in top:0.4", isUsage: true);
        var (height, width) = (shape.Height, shape.Width);
        var mask = new bool[height, width];
        // At least one line is given and one is missing.
        var rows = Math.Clamp((int)Math.Round(share * height), Math.Min(1, height - 1), Math.Max(1, height - 1));
        var columns = Math.Clamp((int)Math.Round(share * width), Math.Min(1, width - 1), Math.Max(1, width - 1));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
                mask[y, x] = side switch
                {
                    "top" => y < rows,
                    "bottom" => y >= height - rows,
                    "left" => x < columns,
                    _ => x >= width - columns,
                };
        return mask;
    }

    private static bool[,] FromPicture(string file, ImageShape shape)
    {
        var picture = Image.Read(file, 1);
        if (picture.Width != shape.Width || picture.Height != shape.Height)
            throw new FigmentException($"{file} is {picture.Width}x{picture.Height} pixels, "
                + $"the model's images are {shape.Width}x{shape.Height}",
                "draw the mask in that size: white where the pixel is given", isUsage: true);
        var mask = new bool[shape.Height, shape.Width];
        for (var i = 0; i < picture.Pixels.Length; i++)
            mask[i / shape.Width, i % shape.Width] = picture.Pixels[i] >= 128;
        return mask.Cast<bool>().All(given => given)
            ? throw new FigmentException($"{file} is all white: nothing is missing",
                "draw black where pixels are to be filled in", isUsage: true)
            : mask;
    }
}
