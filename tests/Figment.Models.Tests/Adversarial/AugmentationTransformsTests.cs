using Figment.Models.Adversarial.Game;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>The transforms of adaptive augmentation (Karras et al. 2020, appendix B), each against an example by
/// hand.</summary>
public class AugmentationTransformsTests : EngineTest
{
    private static readonly AdaptiveAugmentation
        Blitting = new() { Start = 1, Geometry = false, Color = false },
        Geometry = new() { Start = 1, Blitting = false, Color = false },
        Color = new() { Start = 1, Blitting = false, Geometry = false };

    private static Tensor Of(params float[] numbers) => Tensor.From<float>(numbers, numbers.Length);

    [Theory]
    [InlineData(6, 6)]
    [InlineData(4, 8)]
    public void Flips_and_half_turns_copy_pixels(long height, long width) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var x = rng.Normal([2, 3, height, width]);
        var flipped = PixelBlitting.Blit(x, PixelBlitting.Flip(Tensor.From([1L, 0], 2)));
        Assert.True(flipped[0].Equal(x[0].Flip(2)));
        Assert.True(flipped[1].Equal(x[1]));
        var turned = PixelBlitting.Blit(x, PixelBlitting.QuarterTurn(Tensor.From([2L, 0], 2)));
        Assert.True(turned[0].Equal(x[0].Flip(1, 2)));
        Assert.True(turned[1].Equal(x[1]));
    });

    [Fact]
    public void A_quarter_turn_is_exact() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var x = rng.Normal([4, 3, 7, 7]);
        var turned = PixelBlitting.Blit(x, PixelBlitting.QuarterTurn(Tensor.From([0L, 1, 2, 3], 4)));
        for (var i = 0; i < 4; i++) Assert.True(turned[i].Equal(x[i].Rot90(i, [1, 2])));
    });

    /// <summary>(1 2 3 4) two to the right is (3 2 1 2), one to the left is (2 3 4 3).</summary>
    [Fact]
    public void A_shift_is_exact_and_reflects_at_the_outer_pixels() => TensorScope.Run(() =>
    {
        var x = Of(1, 2, 3, 4).View(1, 1, 1, 4).Expand(2, 1, 4, 4);
        var across = PixelBlitting.Blit(x, Plane.Shift(Of(-2, 1), Of(0, 0)));
        Assert.Equal([3f, 2, 1, 2], across[0, 0, 3].ToArray<float>());
        Assert.Equal([2f, 3, 4, 3], across[1, 0, 0].ToArray<float>());
        var down = PixelBlitting.Blit(x.Transpose(2, 3), Plane.Shift(Of(0, 0), Of(-2, 1)));
        Assert.True(down.Equal(across.Transpose(2, 3)));
    });

    /// <summary>What is done first stands left: a flip, then a turn to the left, then a shift to the right.</summary>
    [Fact]
    public void Maps_are_done_in_their_order() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var x = rng.Normal([1, 1, 6, 6]);
        var y = PixelBlitting.Blit(x, Plane.Backwards([PixelBlitting.Flip(Tensor.From([1L], 1)),
            PixelBlitting.QuarterTurn(Tensor.From([1L], 1)), Plane.Shift(Of(-1), Of(0))]));
        Assert.True(y[.., .., .., 1..].Equal(x.Flip(3).Rot90(1, [2, 3])[.., .., .., ..5]));
    });

    /// <summary>A straight ramp stays one under every affine map: the filters have vanishing moments, and lines
    /// interpolate it exactly. So the value of each pixel says to a hundredth of a pixel which place it shows.</summary>
    [Fact]
    public void Every_pixel_shows_the_place_that_the_map_says() => TensorScope.Run(() =>
    {
        const int H = 40, W = 36;
        var (theta, c, s) = (0.3f, MathF.Cos(0.3f), MathF.Sin(0.3f));
        var maps = Ops.Cat([GeometricTransforms.Rotation(Of(theta)), Plane.Scale(Of(0.8f), Of(1.25f)),
            Plane.Shift(Of(2.3f), Of(-1.7f)), Plane.Shift(Of(3), Of(2)),
            Plane.Backwards([Plane.Scale(Of(0.9f), Of(0.9f)), GeometricTransforms.Rotation(Of(theta))])], 0);
        (double Y, double X) Shown(int map, double y, double x) => map switch
        {
            0 => ((s * x) + (c * y), (c * x) - (s * y)),
            1 => (1.25 * y, 0.8 * x),
            2 => (y - 1.7, x + 2.3),
            3 => (y + 2, x + 3),
            _ => (0.9 * ((s * x) + (c * y)), 0.9 * ((c * x) - (s * y))),
        };
        var (down, right) = (Tensor.Arange(H, DType.Float32).View(H, 1), Tensor.Arange(W, DType.Float32).View(1, W));
        var ramps = Ops.Stack([down.Expand(H, W), right.Expand(H, W)]).Unsqueeze(0).Expand(5, 2, H, W);
        var y = GeometricTransforms.Warp(ramps, maps);
        for (var map = 0; map < 5; map++)
        {
            var compared = 0;
            for (var row = 0; row < H; row++)
                for (var column = 0; column < W; column++)
                {
                    var (dy, dx) = Shown(map, row - ((H - 1) / 2.0), column - ((W - 1) / 2.0));
                    var (at, beside) = (dy + ((H - 1) / 2.0), dx + ((W - 1) / 2.0));
                    if (at < 6 || at > H - 7 || beside < 6 || beside > W - 7) continue; // reflection bends the ramp
                    Assert.Equal(at, y[map, 0, row, column].ToDouble(), 0.01);
                    Assert.Equal(beside, y[map, 1, row, column].ToDouble(), 0.01);
                    compared++;
                }

            Assert.True(compared > 200);
        }
    });

    /// <summary>Doubling and halving by an orthogonal filter is the identity, so a warp by whole pixels is a
    /// blit.</summary>
    [Fact]
    public void A_warp_by_whole_pixels_copies_them() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var x = rng.Normal([3, 2, 20, 16]);
        var shift = Plane.Shift(Of(1, -2, 0), Of(0, 1, 1));
        var (warped, copied) = (GeometricTransforms.Warp(x, shift), PixelBlitting.Blit(x, shift));
        Assert.True((warped - copied)[.., .., 3..17, 3..13].Abs().Max().ToDouble() < 1e-5);
    });

    /// <summary>The way for devices whose grid sampler has no deterministic gradient.</summary>
    [Fact]
    public void Interpolation_by_index_is_the_grid_samplers() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var (x, weight) = (rng.Normal([2, 3, 6, 5], dtype: DType.Float64), rng.Normal([2, 3, 4, 7], dtype: DType.Float64));
        var (row, column) = (rng.Uniform([2, 4, 7], 0, 5), rng.Uniform([2, 4, 7], 0, 4));
        (row[0, 0, 0], column[0, 0, 0], row[0, 0, 1], column[0, 0, 1]) = (Of(5)[0], Of(4)[0], Of(0)[0], Of(3)[0]);
        (Tensor Y, Tensor Slope) With(Func<Tensor, Tensor, Tensor, Tensor> interpolate)
        {
            var free = x.Detach();
            free.RequiresGrad = true;
            var y = interpolate(free, row, column);
            return (y.Detach(), Autograd.Grad([(y * weight).Sum()], [free])[0]!);
        }

        var (one, other) = (With(GeometricTransforms.Interpolate), With(GeometricTransforms.InterpolateByIndex));
        Assert.True((one.Y - other.Y).Abs().Max().ToDouble() < 1e-5);
        Assert.True((one.Slope - other.Slope).Abs().Max().ToDouble() < 1e-5);
        Assert.Equal(x[0, 1, 5, 4].ToDouble(), other.Y[0, 1, 0, 0].ToDouble(), 1e-12);
    });

    [Fact]
    public void Colours_are_mapped_as_by_hand() => TensorScope.Run(() =>
    {
        var space = new ColorSpace(3, Device.Cpu);
        Assert.Equal([0.5f, 0.1f, -0.7f], By(space.Brightness(Of(0.3f))));
        Assert.Equal([0.1f, -0.1f, -0.5f], By(space.Contrast(Of(0.5f))));
        // Less twice the grey, which is -1/3.
        Assert.Equal([0.8667f, 0.4667f, -0.3333f], By(space.LumaFlip(Tensor.From([1L], 1))));
        Assert.Equal([0.2f, -0.2f, -1], By(space.LumaFlip(Tensor.From([0L], 1))));
        Assert.Equal([-1, 0.2f, -0.2f], By(space.Hue(Of(2 * MathF.PI / 3)))); // a third of a turn: red to green
        Assert.Equal([-0.3333f, -0.3333f, -0.3333f], By(space.Saturation(Of(0))));
        Assert.Equal([0.7333f, -0.0667f, -1.6667f], By(space.Saturation(Of(2))));

        static float[] By(Tensor map) => [.. ColorTransforms.Recolor(Of(0.2f, -0.2f, -1).View(1, 3, 1, 1), map)
            .ToArray<float>().Select(value => MathF.Round(value, 4))];
    });

    /// <summary>A luma flip of grey is its negative, and what turns or spreads colours leaves it.</summary>
    [Fact]
    public void Grey_has_brightness_contrast_and_luma() => TensorScope.Run(() =>
    {
        var (space, x) = (new ColorSpace(1, Device.Cpu), Of(0.5f, -0.25f, 0, 1).View(1, 1, 2, 2));
        Assert.True(ColorTransforms.Recolor(x, space.LumaFlip(Tensor.From([1L], 1))).Equal(-x));
        Assert.True(ColorTransforms.Recolor(x, space.Contrast(Of(2))).Equal(2 * x));
        Assert.True(ColorTransforms.Recolor(x, space.Brightness(Of(0.5f))).Equal(x + 0.5));
        Assert.True(ColorTransforms.Recolor(x, space.Saturation(Of(3))).Equal(x));
    });

    [Fact]
    public void With_probability_0_every_bit_stays() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        foreach (var shape in (long[][])[[3, 1, 28, 28], [3, 3, 8, 12], [2, 2, 9, 8]])
        {
            var x = rng.Normal(shape, 0, 1e3);
            x[0, 0, 0] = -0.0 * x[0, 0, 0]; // zeros of both signs
            var y = new AdaptiveAugmentation().Apply(x, rng);
            Assert.Equal(x.ToArray<float>().Select(BitConverter.SingleToInt32Bits),
                y.ToArray<float>().Select(BitConverter.SingleToInt32Bits));
        }
    });

    /// <summary>Shares of changed images: 1 - (1 - p s) ... over the transforms, s how often one drawn is none (half of
    /// the flips, a quarter of the turns). The two rotations count as one of probability p.</summary>
    [Theory]
    [InlineData(0.3)]
    [InlineData(0.8)]
    public void Each_transform_comes_with_probability_p(double p) => TensorScope.Run(() =>
    {
        using var rng = new Rng(7);
        var x = rng.Normal([4000, 1, 16, 16]);
        double Changed(AdaptiveAugmentation augmentation) =>
            1 - (augmentation with { Start = p }).Apply(x, rng).Eq(x).Flatten(1).All(1).To(DType.Float64).Mean()
                .ToDouble();
        // Shifts by up to 2 of 16 pixels: 0 in a quarter of the rows, and of the columns.
        var still = 1 - (p * (1 - (1 / 16.0)));
        Assert.Equal(1 - ((1 - (0.5 * p)) * (1 - (0.75 * p)) * still), Changed(Blitting), 0.03);
        Assert.Equal(1 - Math.Pow(1 - p, 4), Changed(Geometry), 0.03);
        Assert.Equal(1 - (Math.Pow(1 - p, 2) * (1 - (0.5 * p))), Changed(Color), 0.03);
    });

    /// <summary>The gradient reaches a generator through every change: the slope of a sum along any direction is the
    /// difference that the direction makes.</summary>
    [Fact]
    public void A_gradient_passes_through_every_group() => TensorScope.Run(() =>
    {
        using var draw = new Rng(8);
        foreach (var channels in (long[])[1, 3])
        {
            var x = draw.Uniform([6, channels, 8, 10], -1, 1, DType.Float64);
            var (v, weight) = (draw.Normal(x.Shape, dtype: DType.Float64), draw.Normal(x.Shape, dtype: DType.Float64));
            foreach (var augmentation in (Augmentation[])[Blitting, Geometry, Color, new AdaptiveAugmentation { Start = 0.7 }])
            {
                Tensor Weighted(Tensor at)
                {
                    using var rng = new Rng(9);
                    return (augmentation.Apply(at, rng) * weight).Sum();
                }

                var free = x.Detach();
                free.RequiresGrad = true;
                var slope = (Autograd.Grad([Weighted(free)], [free])[0]! * v).Sum().ToDouble();
                var difference = ((Weighted(x + (1e-4 * v)) - Weighted(x - (1e-4 * v))) / 2e-4).ToDouble();
                Assert.Equal(difference, slope, 1e-6 * (1 + Math.Abs(slope)));
                Assert.True(Math.Abs(slope) > 0.1);
            }
        }
    });
}
