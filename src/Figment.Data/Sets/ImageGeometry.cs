using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>The shape that images are brought to when they are loaded.</summary>
/// <param name="Size">Height and width, or 0 for their own.</param>
/// <param name="Channels">1 or 3, or 0 for their own.</param>
/// <param name="Fit">How.</param>
internal sealed record ImageGeometry(int Size, int Channels, ImageFit Fit)
{
    internal Image Apply(Image image)
    {
        // Whichever way, the smaller number of channels is resized.
        if (Channels > 0 && Channels < image.Channels)
            image = image.WithChannels(Channels);
        image = Sized(image);
        return Channels > 0 ? image.WithChannels(Channels) : image;
    }

    private Image Sized(Image image) => Size == 0 || (image.Width == Size && image.Height == Size) ? image : Fit switch
    {
        ImageFit.Stretch => image.Resize(Size, Size),
        ImageFit.Pad => Pad(image),
        _ => Cover(image),
    };

    internal bool Keeps(ImageShape shape) => (Size == 0 || (shape.Height == Size && shape.Width == Size))
        && (Channels == 0 || shape.Channels == Channels);

    private Image Cover(Image image)
    {
        var scale = Math.Max((double)Size / image.Width, (double)Size / image.Height);
        var width = Math.Max(Size, (int)Math.Round(image.Width * scale));
        var height = Math.Max(Size, (int)Math.Round(image.Height * scale));
        // A strip would become millions of pixels wide before it is cut: cut it first to what will be seen.
        if ((long)width * height > 16L * Size * Size)
        {
            var side = Math.Min(image.Width, image.Height);
            return image.Crop((image.Width - side) / 2, (image.Height - side) / 2, side, side).Resize(Size, Size);
        }

        return image.Resize(width, height).Crop((width - Size) / 2, (height - Size) / 2, Size, Size);
    }

    private Image Pad(Image image)
    {
        var scale = Math.Min(1, Math.Min((double)Size / image.Width, (double)Size / image.Height));
        var small = image.Resize(Math.Max(1, (int)Math.Round(image.Width * scale)),
            Math.Max(1, (int)Math.Round(image.Height * scale)));
        var (left, top) = ((Size - small.Width) / 2, (Size - small.Height) / 2);
        var pixels = new byte[Size * Size * small.Channels];
        var bytes = small.Width * small.Channels;
        for (var y = 0; y < small.Height; y++)
            small.Pixels.Slice(y * bytes, bytes).CopyTo(pixels.AsSpan(((top + y) * Size + left) * small.Channels));
        return new Image(Size, Size, small.Channels, pixels);
    }
}
