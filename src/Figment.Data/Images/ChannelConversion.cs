namespace Figment.Data.Images;

/// <summary>Grey, RGB and RGBA into each other, in exact integer arithmetic.</summary>
internal static class ChannelConversion
{
    internal static Image Convert(Image image, int channels)
    {
        if (channels is not (1 or 3 or 4))
            throw new ArgumentException($"A picture has 1, 3 or 4 channels, not {channels}.", nameof(channels));
        var from = image.Pixels;
        var area = image.Width * image.Height;
        var to = new byte[checked(area * channels)];
        if (image.Channels == 1 && channels == 3)
        {
            for (int i = 0, at = 0; i < from.Length; i++, at += 3)
                to[at] = to[at + 1] = to[at + 2] = from[i];
            return new Image(image.Width, image.Height, 3, to);
        }

        for (var i = 0; i < area; i++)
        {
            var pixel = from.Slice(i * image.Channels, image.Channels);
            int r = pixel[0], g = pixel[image.Channels == 1 ? 0 : 1], b = pixel[image.Channels == 1 ? 0 : 2];
            if (image.Channels == 4)
                (r, g, b) = (OnWhite(r, pixel[3]), OnWhite(g, pixel[3]), OnWhite(b, pixel[3]));
            var target = to.AsSpan(i * channels, channels);
            if (channels == 1)
            {
                target[0] = (byte)Grey(r, g, b);
                continue;
            }

            (target[0], target[1], target[2]) = ((byte)r, (byte)g, (byte)b);
            if (channels == 4)
                target[3] = 255;
        }

        return new Image(image.Width, image.Height, channels, to);
    }

    // ITU-R BT.601 luma with weights in 1/65536 that sum to 65536, so grey stays exactly what it was.
    private static int Grey(int r, int g, int b) => (19595 * r + 38470 * g + 7471 * b + 32768) >> 16;

    private static int OnWhite(int value, int alpha) => (value * alpha + 255 * (255 - alpha) + 127) / 255;
}
