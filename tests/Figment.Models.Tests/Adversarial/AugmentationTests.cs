using Figment.Models.Adversarial.Game;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>What must hold of differentiable augmentation (Zhao et al. 2020).</summary>
public class AugmentationTests : EngineTest
{
    private static readonly DifferentiableAugmentation
        Color = new() { Translation = 0, Cutout = 0 },
        Shift = new() { Color = false, Cutout = 0 },
        Cut = new() { Color = false, Translation = 0 };

    /// <summary>Real and generated examples are changed alike, so the gradient reaches a generator through every
    /// change: the slope of a sum along any direction is the difference that the direction makes.</summary>
    [Fact]
    public void A_gradient_passes_through_every_change() => TensorScope.Run(() =>
    {
        using var draw = new Rng(1);
        var x = draw.Uniform([6, 3, 8, 8], -1, 1, DType.Float64);
        var (v, weight) = (draw.Normal(x.Shape, dtype: DType.Float64), draw.Normal(x.Shape, dtype: DType.Float64));
        foreach (var augmentation in (Augmentation[])[Color, Shift, Cut, new DifferentiableAugmentation()])
        {
            Tensor Weighted(Tensor at)
            {
                using var rng = new Rng(2);
                return (augmentation.Apply(at, rng) * weight).Sum();
            }

            var free = x.Detach();
            free.RequiresGrad = true;
            var slope = (Autograd.Grad([Weighted(free)], [free])[0]! * v).Sum().ToDouble();
            var difference = ((Weighted(x + (1e-4 * v)) - Weighted(x - (1e-4 * v))) / 2e-4).ToDouble();
            Assert.Equal(difference, slope, 1e-3 * (1 + Math.Abs(slope)));
            Assert.True(Math.Abs(slope) > 0.1);
        }
    });

    /// <summary>Every image gets a change of its own, the input stays, and another draw is another change.</summary>
    [Fact]
    public void Images_are_changed_each_in_a_way_of_its_own() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var x = rng.Uniform([1, 3, 16, 16], -1, 1).Expand(8, 3, 16, 16).Contiguous();
        var before = x.Clone();
        foreach (var augmentation in (Augmentation[])[Color, Shift, Cut])
        {
            var (first, second) = (augmentation.Apply(x, rng), augmentation.Apply(x, rng));
            Assert.Equal([8, 3, 16, 16], first.Shape.ToArray());
            Assert.True(Distinct(first) >= 7);
            Assert.False(first.AllClose(second));
            Assert.True(x.Equal(before));
        }

        Assert.True(new NoAugmentation().Apply(x, rng).Equal(x));
    });

    private static int Distinct(Tensor images) =>
        Enumerable.Range(0, (int)images.Size(0)).Select(i => string.Join(' ', images[i].ToArray<float>())).Distinct()
            .Count();

    /// <summary>A shift moves the image as a whole by at most an eighth of its side; what comes in is zero, and only
    /// what went out is missing.</summary>
    [Fact]
    public void A_shift_keeps_what_stays_inside() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var x = rng.Uniform([200, 2, 16, 8], 0.5, 1);
        var y = Shift.Apply(x, rng);
        var seen = new HashSet<(int, int)>();
        for (var i = 0; i < 200; i++)
        {
            var found = Shifts().Where(s => y[i].Equal(Shifted(x[i], s.Down, s.Right))).ToList();
            seen.Add(Assert.Single(found));
        }

        Assert.Equal(5 * 3, seen.Count); // by up to 2 of 16 rows and 1 of 8 columns
    });

    private static IEnumerable<(int Down, int Right)> Shifts() =>
        from down in Enumerable.Range(-3, 7) from right in Enumerable.Range(-3, 7) select (down, right);

    private static Tensor Shifted(Tensor x, int down, int right)
    {
        var (from, to) = (x.ToArray<float>(), new float[x.Count]);
        var (C, H, W) = ((int)x.Size(0), (int)x.Size(1), (int)x.Size(2));
        for (var c = 0; c < C; c++)
            for (var row = 0; row < H; row++)
                for (var column = 0; column < W; column++)
                    if (row - down >= 0 && row - down < H && column - right >= 0 && column - right < W)
                        to[(((c * H) + row) * W) + column] = from[(((c * H) + row - down) * W) + column - right];
        return Tensor.From(to, C, H, W);
    }

    /// <summary>A square of half the side is zero, in all channels and nowhere else; where its centre is near the edge
    /// a part of it lies outside.</summary>
    [Fact]
    public void A_cut_out_is_a_square_of_half_the_side() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var y = Cut.Apply(Tensor.Ones([300, 2, 16, 12]), rng);
        var areas = new List<int>();
        for (var i = 0; i < 300; i++)
        {
            Assert.True(y[i, 0].Equal(y[i, 1]));
            var image = y[i, 0].ToArray<float>();
            var holes = Enumerable.Range(0, image.Length).Where(at => image[at] == 0).ToList();
            Assert.All(image, value => Assert.True(value is 0 or 1));
            var (height, width) = (Extent(holes.Select(at => at / 12)), Extent(holes.Select(at => at % 12)));
            Assert.Equal(holes.Count, height * width);
            Assert.InRange(height, 4, 8);
            Assert.InRange(width, 3, 6);
            areas.Add(holes.Count);
        }

        Assert.Equal(8 * 6, areas.Max());
        Assert.Equal(4 * 3, areas.Min());
    });

    private static int Extent(IEnumerable<int> places) => places.Max() - places.Min() + 1;

    /// <summary>Brightness adds b, saturation spreads an image's pixels about their grey by s, contrast the whole about
    /// its mean by c: from the result of three colours and a mean all three numbers follow, and lie where they
    /// should.</summary>
    [Fact]
    public void Colour_is_brightness_then_saturation_then_contrast() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        // Two pixels: (0.1, 0.2, 0.6), grey 0.3, and (-0.1, 0, 0.4), grey 0.1; the mean is 0.2.
        var x = Tensor.From([0.1, -0.1, 0.2, 0, 0.6, 0.4], 1, 3, 1, 2).Expand(4000, 3, 1, 2);
        var y = Color.Apply(x, rng);
        var grey = y.Mean([1]).Squeeze(1); // (B, 2): 0.2 + b ± 0.1 c
        var (c, b) = ((grey[.., 0] - grey[.., 1]) / 0.2, grey.Mean([1]) - 0.2);
        var s = (y[.., 2, 0, 0] - grey[.., 0]) / 0.3 / c; // a colour's distance from the grey: 0.3 s c
        Assert.True((y[.., 0, 0, 1] - (0.2 + b - (0.1 * c) - (0.2 * s * c))).Abs().Max().ToDouble() < 1e-6);
        InRange(b, -0.5, 0.5);
        InRange(s, 0, 2);
        InRange(c, 0.5, 1.5);
    });

    private static void InRange(Tensor values, double low, double high)
    {
        var width = high - low;
        Assert.InRange(values.Min().ToDouble(), low - 1e-6, low + (0.01 * width));
        Assert.InRange(values.Max().ToDouble(), high - (0.01 * width), high + 1e-6);
        Assert.InRange(values.Mean().ToDouble(), low + (0.47 * width), low + (0.53 * width));
    }
}
