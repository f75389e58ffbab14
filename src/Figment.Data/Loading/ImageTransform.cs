using System.Runtime.InteropServices;
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
    private const ulong CropStream = 1, FlipStream = 2, BinarizeStream = 3, DequantizeStream = 4;

    /// <summary>How bytes become numbers.</summary>
    public Binarization Binarization { get; init; }

    /// <summary>
    /// Whether bytes become real numbers, (value + u) / 256 with u uniform in [0, 1) drawn anew for each example in
    /// each epoch: without the noise a density of real numbers could grow without bound on the 256 values. No
    /// binarisation then takes place.
    /// </summary>
    public bool Dequantize { get; init; }

    /// <summary>
    /// Whether each image's mean is taken away and its last value, which the others then determine, is left out: an
    /// image of n values becomes one row of n - 1 numbers between -1 and 1. Needs <see cref="Dequantize"/>.
    /// </summary>
    public bool RemoveMean { get; init; }

    /// <summary>
    /// Whether the stored bytes are the numbers themselves, Float32 in the machine's order, four bytes each, as sets of
    /// points have them. Nothing else is done to them.
    /// </summary>
    public bool AreNumbers { get; init; }

    /// <summary>Whether examples are real numbers that no picture shows as they are.</summary>
    public bool IsReal => Dequantize || AreNumbers;

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
        AreNumbers ? shape with { Width = shape.Width / sizeof(float) }
        : RemoveMean ? new ImageShape(1, 1, Window(shape).Length - 1) : Window(shape);

    /// <summary>Numbers as the model sees them, back into values that a picture can show.</summary>
    /// <param name="numbers">A whole number of images of <see cref="OutputShape"/>.</param>
    /// <param name="shape">The shape of the stored images.</param>
    /// <returns>The numbers of whole images of the window that the transform leaves; where the mean was taken away the
    /// last value is put back and the mean is 0.5.</returns>
    public float[] ToPicture(ReadOnlySpan<float> numbers, ImageShape shape)
    {
        if (!RemoveMean)
            return numbers.ToArray();
        var whole = Window(shape).Length;
        var pictures = new float[numbers.Length / (whole - 1) * whole];
        for (var (from, to) = (0, 0); to < pictures.Length; from += whole - 1, to += whole)
        {
            var sum = 0f;
            for (var i = 0; i < whole - 1; i++)
            {
                sum += numbers[from + i];
                pictures[to + i] = numbers[from + i] + 0.5f;
            }

            pictures[to + whole - 1] = 0.5f - sum;
        }

        return pictures;
    }

    /// <summary>The shape of the window that the crop leaves, which is what a picture of an example shows.</summary>
    /// <param name="shape">The shape of the stored images.</param>
    public ImageShape Window(ImageShape shape) =>
        CropMargin >= 0 && CropMargin < Math.Min(shape.Height, shape.Width)
        ? shape with { Height = shape.Height - CropMargin, Width = shape.Width - CropMargin }
        : throw new ArgumentException($"A crop margin of {CropMargin} leaves nothing of images of {shape}.");

    /// <summary>Transforms one image.</summary>
    /// <param name="pixels">shape.Length bytes, planes of rows.</param>
    /// <param name="shape">The shape of the stored image.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="example">The example's index in its set.</param>
    /// <param name="scratch">At least shape.Length bytes of working space.</param>
    /// <param name="target">OutputShape(shape).Length numbers in [0, 1], around 0 where the mean is taken
    /// away, or any where the set has numbers.</param>
    public void Apply(ReadOnlySpan<byte> pixels, ImageShape shape, ulong seed, long epoch, long example,
        Span<byte> scratch, Span<float> target)
    {
        if (AreNumbers)
        {
            MemoryMarshal.Cast<byte, float>(pixels).CopyTo(target);
            return;
        }

        if (CropMargin > 0 || FlipHorizontal)
        {
            var output = Window(shape);
            scratch = scratch[..output.Length];
            Cut(pixels, shape, output, seed, epoch, example, scratch);
            pixels = scratch;
        }

        if (Dequantize)
        {
            ToReal(pixels, CounterRandom.For(seed, DequantizeStream, epoch, example), RemoveMean, target);
            return;
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

    private static void ToReal(ReadOnlySpan<byte> pixels, CounterRandom noise, bool removeMean, Span<float> target)
    {
        float Real(ReadOnlySpan<byte> from, int i) => (from[i] + noise.Uniform((uint)i)) / 256f;
        var kept = removeMean ? pixels.Length - 1 : pixels.Length;
        var sum = 0.0;
        for (var i = 0; i < kept; i++)
            sum += target[i] = Real(pixels, i);
        if (!removeMean)
            return;
        var mean = (float)((sum + Real(pixels, kept)) / pixels.Length);
        for (var i = 0; i < kept; i++)
            target[i] -= mean;
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
