using Figment.Data.Images;
using Figment.Data.Loading;
using Xunit;

namespace Figment.Data.Tests.Loading;

public class RealValueTests
{
    private static readonly ImageShape Shape = new(1, 4, 4);
    private static readonly byte[] Patch = [.. Enumerable.Range(0, 16).Select(i => (byte)(i * 17))];

    private static float[] Apply(ImageTransform transform, long epoch = 0, ulong seed = 5)
    {
        var target = new float[transform.OutputShape(Shape).Length];
        transform.Apply(Patch, Shape, seed, epoch, 3, new byte[Shape.Length], target);
        return target;
    }

    [Fact]
    public void Noise_stays_within_each_grey_value()
    {
        var numbers = Apply(new ImageTransform { Dequantize = true });
        Assert.Equal(16, numbers.Length);
        Assert.All(numbers.Zip(Patch), pair => Assert.InRange(pair.First, pair.Second / 256f, (pair.Second + 1) / 256f));
        Assert.Contains(numbers.Zip(Patch), pair => pair.First * 256 - pair.Second > 0.5);
    }

    [Fact]
    public void Noise_is_drawn_anew_in_each_epoch_and_repeats_with_the_seed()
    {
        var transform = new ImageTransform { Dequantize = true };
        Assert.Equal(Apply(transform, 1), Apply(transform, 1));
        Assert.NotEqual(Apply(transform, 1), Apply(transform, 2));
        Assert.NotEqual(Apply(transform, seed: 1), Apply(transform, seed: 2));
    }

    [Fact]
    public void Without_its_mean_a_patch_has_one_number_less_and_loses_nothing_else()
    {
        var whole = Apply(new ImageTransform { Dequantize = true });
        var transform = new ImageTransform { Dequantize = true, RemoveMean = true };
        var centred = Apply(transform);
        Assert.Equal(new ImageShape(1, 1, 15), transform.OutputShape(Shape));
        var mean = whole.Average();
        Assert.All(centred.Zip(whole), pair => Assert.Equal(pair.Second - mean, pair.First, 1e-6));

        var picture = transform.ToPicture(centred, Shape);
        Assert.Equal(16, picture.Length);
        Assert.All(picture.Zip(whole), pair => Assert.Equal(pair.Second - mean + 0.5f, pair.First, 1e-5));
    }

    [Fact]
    public void A_cropped_patch_loses_the_mean_of_its_window()
    {
        var transform = new ImageTransform { Dequantize = true, RemoveMean = true, CropMargin = 2 };
        Assert.Equal(new ImageShape(1, 1, 3), transform.OutputShape(Shape));
        var centred = Apply(transform);
        Assert.Equal(Patch[6] / 256f - Patch[5] / 256f, centred[1] - centred[0], 0.005);
    }
}
