using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>What must hold of the blocks of sngan, sagan and biggan to rounding.</summary>
public class ResidualBlockTests : EngineTest
{
    [Fact]
    public void Attention_begins_as_the_identity() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        using var attention = new SelfAttention(8, Plain(rng));
        var x = rng.Normal([2, 8, 3, 5]);
        Assert.Equal(x.ToArray<float>(), attention.Call(x).ToArray<float>());
    });

    /// <summary>Equations 1 to 3 of the paper, written out: for each place i the softmax over all places j of
    /// f(x_j) . g(x_i), here named query of i and key of j.</summary>
    [Fact]
    public void Attention_is_what_its_equations_say() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var attention = new SelfAttention(8, Plain(rng));
        var parameters = attention.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter);
        NoGrad.Run(() => { parameters["gamma"].FillInPlace(0.7); });
        var image = rng.Normal([1, 8, 2, 3]);
        var y = attention.Call(image).ToArray<float>();

        const int C = 8, N = 6;
        var x = image.ToArray<float>(); // channel by channel, N places each
        double[] Mapped(string map, IReadOnlyList<double> at)
        {
            var w = parameters[$"{map}.weight"].ToArray<float>();
            return [.. w.Chunk(at.Count).Select(row => row.Zip(at, (weight, value) => weight * value).Sum())];
        }

        double[][] places = [.. Enumerable.Range(0, N).Select(i =>
            Enumerable.Range(0, C).Select(c => (double)x[(c * N) + i]).ToArray())];
        for (var i = 0; i < N; i++)
        {
            var query = Mapped("query", places[i]);
            double[] s = [.. places.Select(at => Math.Exp(Mapped("key", at).Zip(query, (k, q) => k * q).Sum()))];
            var seen = new double[C / 2];
            for (var j = 0; j < N; j++)
                foreach (var (c, value) in Mapped("value", places[j]).Index()) seen[c] += s[j] / s.Sum() * value;
            foreach (var (c, o) in Mapped("output", seen).Index())
                Assert.Equal((0.7 * o) + places[i][c], y[(c * N) + i], 1e-5);
        }
    });

    /// <summary>phi sums what relu leaves over the places.</summary>
    [Fact]
    public void A_projection_adds_the_classs_agreement_to_the_score() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var head = new ProjectionHead(2, 2, rng);
        var parameters = head.NamedParameters().ToDictionary(p => p.Path, p => p.Parameter);
        NoGrad.Run(() =>
        {
            parameters["score.weight"].CopyInPlace(Tensor.From([3f, 4f], 1, 2)); // over its norm 5: (0.6, 0.8)
            parameters["score.bias"].FillInPlace(0.5);
            parameters["of_class.weight"].CopyInPlace(Tensor.From([2f, 0, 0, -1], 2, 2)); // over 2: (1, 0), (0, -1/2)
        });
        SpectralNorm.SettleAll(head);
        var h = Tensor.From([1f, -2, 3, 0, -1, -1, -1, 5], 1, 2, 2, 2).Expand(2, 2, 2, 2); // phi = (4, 5)
        var scores = head.Call(h, Tensor.From([0L, 1L], 2)).ToArray<float>();
        Assert.Equal((0.6 * 4) + (0.8 * 5) + 0.5 + 4, scores[0], 1e-4);
        Assert.Equal((0.6 * 4) + (0.8 * 5) + 0.5 - 2.5, scores[1], 1e-4);
    });

    [Fact]
    public void Without_classes_the_score_stands_alone() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        using var head = new ProjectionHead(2, 0, rng);
        Assert.Equal(2, head.NamedParameters().Count);
        Assert.Equal([3L], head.Call(rng.Normal([3, 2, 4, 4]), null).Shape.ToArray());
    });

    [Fact]
    public void The_orthogonal_penalty_counts_products_of_different_outputs() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        // Rows (1, 2) and (3, -1): product 1, counted twice; (1, 2, 0), (3, -1, 2), (0, 1, 1): 1, 2, 1.
        Assert.Equal(2, BigGan.NotOrthogonal(Tensor.From([1f, 2, 3, -1], 2, 2)).ToDouble(), 1e-6);
        var three = Tensor.From([1f, 2, 0, 3, -1, 2, 0, 1, 1], 3, 3);
        Assert.Equal(2 * (1 + 4 + 1), BigGan.NotOrthogonal(three).ToDouble(), 1e-5);
        var rows = Tensor.Zeros([4, 2, 3, 3]);
        Init.Orthogonal(rows, rng);
        Assert.Equal(0, BigGan.NotOrthogonal(3 * rows).ToDouble(), 1e-6);
    });

    /// <summary>Halves after the second convolution, and the input beside it: a block whose convolutions are zero is
    /// its shortcut.</summary>
    [Fact]
    public void The_blocks_shortcuts_halve_and_double() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        var conv = Plain(rng);
        using var down = new DiscriminatorBlock(1, 1, conv);
        using var up = new GeneratorBlock(1, 1, conv, channels => new ConditionalBatchNorm2d(channels,
            new Linear(1, channels, rng), new Linear(1, channels, rng)));
        NoGrad.Run(() =>
        {
            foreach (var (path, parameter) in down.NamedParameters().Concat(up.NamedParameters()))
                parameter.FillInPlace(path == "shortcut.weight" ? 2 : 0);
        });
        var x = Tensor.From([1f, -3, 5, 7, 2, 2, 4, 0], 1, 1, 2, 4);
        Assert.Equal([1f, 8f], down.Call(x).ToArray<float>()); // twice the mean of 2x2: (1 - 3 + 2 + 2) / 4, 16 / 4
        Assert.Equal([2f, 2, -6, -6, 2, 2, -6, -6],
            up.Call((x[.., .., ..1, ..2], Tensor.Ones([1, 1]))).ToArray<float>());
    });

    [Theory]
    [InlineData(28, 28, 2, 7, 7)]
    [InlineData(32, 32, 3, 4, 4)]
    [InlineData(128, 128, 5, 4, 4)]
    [InlineData(48, 16, 2, 12, 4)]
    public void Sides_are_halved_while_they_are_whole_and_not_too_short(int height, int width, int halvings, int h,
        int w) => Assert.Equal(new ResidualSizes(halvings, h, w),
        ResidualSizes.Of("sngan", new ImageShape(3, height, width), 2));

    /// <summary>Tables 4 to 6 of Brock et al. 2018 and the authors' code.</summary>
    [Fact]
    public void Widths_are_the_papers()
    {
        var large = ResidualSizes.Of("biggan", new ImageShape(3, 128, 128), 2);
        Assert.Equal([16, 16, 8, 4, 2, 1], large.GeneratorWidths);
        Assert.Equal([(1, true), (2, true), (4, true), (8, true), (16, true), (16, false)],
            large.DiscriminatorWidths);
        var small = ResidualSizes.Of("biggan", new ImageShape(3, 32, 32), 2);
        Assert.Equal([4, 4, 4, 4], small.GeneratorWidths);
        Assert.Equal([(4, true), (4, true), (4, false), (4, false)], small.DiscriminatorWidths);
    }

    private static ConvolutionOf Plain(Rng rng) =>
        (inputs, outputs, kernel, bias) =>
            new Conv2d(inputs, outputs, kernel, rng, padding: kernel / 2, bias: bias);
}
