using Figment.Data.Images;

namespace Figment.Data.Loading;

/// <summary>How bytes become the numbers a model sees.</summary>
public enum Binarization
{
    /// <summary>value / 255.</summary>
    None,

    /// <summary>1 with probability value / 255, drawn anew for each example in each epoch.</summary>
    Dynamic,

    /// <summary>1 from 128 upwards (a threshold of 0.5), 0 below.</summary>
    Threshold,
}

/// <summary>
/// What the loader does to each image. Every random choice is a function of (seed, epoch, example), so it depends on
/// neither threads nor on where a run was resumed.
/// </summary>
public sealed record ImageTransform
{
    private const ulong CropStream = 1, FlipStream = 2, BinarizeStream = 3;

    /// <summary>How bytes become numbers.</summary>
    public Binarization Binarization { get; init; }

    /// <summary>Whether every other image, at random, is mirrored left to right.</summary>
    public bool FlipHorizontal { get; init; }

    /// <summary>How many rows and columns are cut away from each image.</summary>
    public int CropMargin { get; init; }

    /// <summary>Whether the window that remains is drawn at random; otherwise it is the centre.</summary>
    public bool RandomCrop { get; init; }

    /// <summary>The same transform as evaluation wants it: nothing but the binarisation is random.</summary>
    public ImageTransform ForEvaluation() => this with { FlipHorizontal = false, RandomCrop = false };

    /// <summary>The shape after the transform.</summary>
    /// <param name="shape">The shape of the stored images.</param>
    /// <exception cref="ArgumentException">The crop leaves nothing.</exception>
    public ImageShape OutputShape(ImageShape shape) =>
        CropMargin >= 0 && CropMargin < Math.Min(shape.Height, shape.Width)
        ? shape with { Height = shape.Height - CropMargin, Width = shape.Width - CropMargin }
        : throw new ArgumentException($"A crop margin of {CropMargin} leaves nothing of images of {shape}.");

    /// <summary>Transforms one image.</summary>
    /// <param name="pixels">shape.Length bytes, planes of rows.</param>
    /// <param name="shape">The shape of the stored image.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="example">The example's index in its set.</param>
    /// <param name="scratch">At least OutputShape(shape).Length bytes of working space.</param>
    /// <param name="target">OutputShape(shape).Length numbers in [0, 1].</param>
    public void Apply(ReadOnlySpan<byte> pixels, ImageShape shape, ulong seed, long epoch, long example,
        Span<byte> scratch, Span<float> target)
    {
        if (CropMargin > 0 || FlipHorizontal)
        {
            var output = OutputShape(shape);
            scratch = scratch[..output.Length];
            Cut(pixels, shape, output, seed, epoch, example, scratch);
            pixels = scratch;
        }

        switch (Binarization)
        {
            case Binarization.Dynamic:
                PixelConversion.Sample(pixels, CounterRandom.For(seed, BinarizeStream, epoch, example), target);
                break;
            case Binarization.Threshold:
                PixelConversion.ToBinary(pixels, target);
                break;
            default:
                PixelConversion.ToUnit(pixels, target);
                break;
        }
    }

    private void Cut(ReadOnlySpan<byte> pixels, ImageShape shape, ImageShape output, ulong seed, long epoch,
        long example,
        Span<byte> target)
    {
        var (left, top) = (CropMargin / 2, CropMargin / 2);
        if (RandomCrop)
        {
            var random = CounterRandom.For(seed, CropStream, epoch, example);
            (left, top) = (random.Below(0, CropMargin + 1), random.Below(1, CropMargin + 1));
        }

        var mirrored = FlipHorizontal && (CounterRandom.For(seed, FlipStream, epoch, example).Bits(0) & 1) != 0;
        for (var c = 0; c < output.Channels; c++)
        {
            for (var y = 0; y < output.Height; y++)
            {
                var row = pixels.Slice((c * shape.Height + top + y) * shape.Width + left, output.Width);
                var to = target.Slice((c * output.Height + y) * output.Width, output.Width);
                row.CopyTo(to);
                if (mirrored)
                    to.Reverse();
            }
        }
    }
}
