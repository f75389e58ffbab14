using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>Identities of the pixel recurrent networks that hold to rounding (docs/design/README.md, kind A).</summary>
public class PixelRnnExactnessTests : EngineTest
{
    public static TheoryData<string, int, int, int, int, int> Small
    {
        get
        {
            var data = new TheoryData<string, int, int, int, int, int>();
            foreach (var kind in (string[])["row", "diagonal"])
            {
                data.Add(kind, 1, 2, 2, 2, 2);
                data.Add(kind, 1, 3, 3, 2, 1);
                data.Add(kind, 1, 3, 4, 2, 2);
                data.Add(kind, 1, 4, 3, 2, 1);
                data.Add(kind, 1, 2, 2, 4, 1);
                data.Add(kind, 3, 1, 1, 3, 1);
                data.Add(kind, 3, 2, 2, 2, 1);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Small))]
    public void Probabilities_of_all_images_sum_to_one(string kind, int channels, int height, int width, int levels, int layers) =>
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            using var rng = new Rng(1);
            // Several features a colour: with few, rectifiers can be off for good and hide what a wrong mask lets through.
            using var rnn = PixelRnn.Make(kind, new ImageShape(channels, height, width), rng, 4 * channels, layers, levels, 8 * channels)
                .Shaken(rng, 0.5).InDoublePrecision();
            var log = rnn.Density.LogLikelihood(rnn.EveryImage(), rng, 1);
            Assert.Equal(1, log.Exp().Sum().ToDouble(), 1e-10);
            Assert.True((log.Max() - log.Min()).ToDouble() > 1, "all images are as likely: the test would mean nothing");
        }));

    // A black and white Row LSTM of one layer, k = 3: the 7x7 reads 3 columns to either side, the 1x3 of the map one more to the
    // left, each row of states one more to either side, but its last step ends on the row of the pixel, where the 7x7 stops
    // before its centre.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_pixel_of_the_row_LSTM_depends_on_its_triangle_and_nothing_else(int channels) =>
        AssertDependence("row", new ImageShape(channels, 4, 18), 1, (from, to) =>
            (from.Row < to.Row && from.Column >= to.Column - 4 - (to.Row - from.Row) && from.Column <= to.Column + 2 + (to.Row - from.Row))
            || (from.Row == to.Row && from.Column < to.Column && from.Column >= to.Column - 4)
            || ((from.Row, from.Column) == (to.Row, to.Column) && from.Channel < to.Channel));

    [Theory]
    [InlineData(1, 1, 11, 12)]
    [InlineData(1, 2, 5, 13)]
    [InlineData(1, 1, 13, 4)]
    [InlineData(3, 1, 5, 10)]
    public void A_pixel_of_the_diagonal_BiLSTM_depends_on_every_earlier_pixel_and_no_later_one(int channels, int layers, int height, int width) =>
        AssertDependence("diagonal", new ImageShape(channels, height, width), layers, (from, to) =>
            (from.Row, from.Column, from.Channel).CompareTo((to.Row, to.Column, to.Channel)) < 0);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 7)]
    [InlineData(7, 4)]
    [InlineData(28, 28)]
    public void Unskewing_undoes_skewing(int height, int width) => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var order = new DiagonalOrder(height, width);
        var map = rng.Normal([height * width, 2, 3]);
        var stored = order.Skew(map);
        Assert.True(order.UnskewLeft(stored).Equal(map));
        var down = Ops.Cat([Tensor.Zeros([width, 2, 3]), map[..^width]]);
        Assert.True(order.UnskewRightShifted(stored).Equal(down));

        // Diagonals of the map and of its mirror image lie in order, each from the top.
        var place = Tensor.Arange((long)height * width).View(-1, 1, 1);
        var skewed = order.Skew(place).ToArray<long>();
        var (at, half) = (0, height * width);
        for (var d = 0; d < height + width - 1; d++)
            for (var row = Math.Max(0, d - width + 1); row <= Math.Min(d, height - 1); row++, at++)
            {
                Assert.Equal((row * width) + d - row, skewed[at]);
                Assert.Equal((row * width) + width - 1 - (d - row), skewed[half + at]);
            }

        Assert.Equal(half, at);
        Assert.Equal(half, order.Diagonals.Sum(diagonal => diagonal.Places));
    });

    [Theory]
    [InlineData("row")]
    [InlineData("diagonal")]
    public void Completions_come_from_the_true_conditional(string kind) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        const int count = 40_000;
        using var rng = new Rng(4);
        using var rnn = PixelRnn.Make(kind, new ImageShape(1, 2, 3), rng).Shaken(rng);
        var given = new bool[,] { { true, true, false }, { false, false, false } };
        var start = Tensor.From([1f, 0, 1, 1, 1, 1], 1, 1, 2, 3).Expand(count, 1, 2, 3);
        var drawn = rnn.Completes.Complete(start, given, rng).View(count, 6).ToArray<float>();
        var frequency = new double[16];
        for (var i = 0; i < count; i++)
        {
            Assert.Equal((1f, 0f), (drawn[6 * i], drawn[(6 * i) + 1]));
            frequency[drawn.AsSpan((6 * i) + 2, 4).ToArray().Aggregate(0, (number, pixel) => (2 * number) + (int)pixel)] += 1.0 / count;
        }

        rnn.InDoublePrecision();
        var all = rnn.Density.LogLikelihood(rnn.EveryImage(), rng, 1).Exp().ToArray<double>()[0b10_0000..0b11_0000];
        Assert.True(all.Max() > 2 * all.Min(), "all completions are as likely: the test would mean nothing");
        for (var i = 0; i < 16; i++)
        {
            var p = all[i] / all.Sum();
            Assert.True(Math.Abs(frequency[i] - p) < 5 * Math.Sqrt(p * (1 - p) / count), $"{i:b4}: {frequency[i]} instead of {p}");
        }
    }));

    [Theory]
    [InlineData("row")]
    [InlineData("diagonal")]
    public void Masks_that_the_order_does_not_allow_are_refused_in_words(string kind) => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        using var rnn = PixelRnn.Make(kind, new ImageShape(1, 2, 3), rng);
        Assert.Null(rnn.Completes.WhyNotCompletable(new bool[,] { { true, true, true }, { true, false, false } }));
        Assert.Null(rnn.Completes.WhyNotCompletable(new bool[2, 3]));
        bool[,] hole = { { true, false, true }, { false, false, false } };
        Assert.Contains("row 0, column 2", rnn.Completes.WhyNotCompletable(hole)!, StringComparison.Ordinal);
        var refusal = Assert.Throws<ArgumentException>(() => rnn.Completes.Complete(Tensor.Zeros([1, 1, 2, 3]), hole, rng));
        Assert.Contains("row by row", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("2x3", rnn.Completes.WhyNotCompletable(new bool[3, 2])!, StringComparison.Ordinal);
    });

    private static void AssertDependence(string kind, ImageShape shape, int layers,
        Func<(int Row, int Column, int Channel), (int Row, int Column, int Channel), bool> allowed) => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var rnn = PixelRnn.Make(kind, shape, rng, hidden: 9, layers: layers, levels: 3, head: 48).Shaken(rng, 0.3).InDoublePrecision();
        var depends = new bool[shape.Length, shape.Length];
        for (var attempt = 0; attempt < 3; attempt++) // a rectifier may hide a dependence at one input, hardly at three
        {
            var x = rng.Uniform([1, shape.Channels, shape.Height, shape.Width], dtype: DType.Float64);
            x.RequiresGrad = true;
            var maps = rnn.Maps(x).View(shape.Channels, 3, -1).Sum([1]).Flatten(); // (C H W)
            for (var to = 0; to < shape.Length; to++)
            {
                var gradient = Autograd.Grad([maps[to]], [x], retainGraph: true)[0]!.Flatten().ToArray<double>();
                for (var from = 0; from < shape.Length; from++)
                    depends[from, to] |= gradient[from] != 0;
            }
        }

        for (var to = 0; to < shape.Length; to++)
            for (var from = 0; from < shape.Length; from++)
                Assert.True(allowed(Place(from), Place(to)) == depends[from, to],
                    $"{Place(to)} {(depends[from, to] ? "depends" : "does not depend")} on {Place(from)} (row, column, channel)");

        (int Row, int Column, int Channel) Place(int at) =>
            (at / shape.Width % shape.Height, at % shape.Width, at / (shape.Width * shape.Height));
    });
}
