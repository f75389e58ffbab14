// The sampler of PixelCnnPp.cs: the stream u is computed a row at a time, the stream ul a pixel at a time. A resolution
// halved l times has a row at every 2^l-th row and a pixel at every 2^l-th pixel of it.
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

public sealed partial class PixelCnnPp
{
    /// <summary>A row of u through all resolutions, then one pixel of ul.</summary>
    private sealed class Steps : IRasterSteps
    {
        private readonly PixelCnnPp net;
        private readonly Tensor x;
        private readonly RowCache firstDown, firstAbove;
        private readonly ColumnCache firstLeft, output;
        private readonly LevelSteps[] levels;
        private long row;

        public Steps(PixelCnnPp net, Tensor x)
        {
            (this.net, this.x) = (net, x);
            var (b, w) = (x.Size(0), x.Size(3));
            (firstDown, firstAbove) = (new RowCache(net.firstDown, b, w), new RowCache(net.firstAbove, b, w));
            firstLeft = net.firstLeft.Columns(b, w);
            output = OneByOne(net.output);
            levels = [.. net.levels.Select((level, l) => new LevelSteps(level, b, w >> l))];
        }

        public void StartRow(long i)
        {
            row = i;
            // The first convolutions see the rows above only: they are given them one row late, zeros at first.
            var above = i == 0 ? Tensor.Zeros([x.Size(0), x.Size(1) + 1, 1, x.Size(3)], device: x.Device)
                : WithOnes(x.Narrow(2, i - 1, 1));
            var u = firstDown.Row(above); // (B, n, 1, W)
            firstLeft.StartRow(firstAbove.Row(above));

            Stack<Tensor> cuts = new([u]);
            var active = levels.TakeWhile((_, l) => i % (1L << l) == 0).ToArray();
            for (var l = 0; l < active.Length; l++)
            {
                foreach (var layer in active[l].Down)
                    cuts.Push(u = layer.Row(u, null));
                if (active[l].HalveU is not { } halve)
                    continue;
                halve.Push(u);
                active[l].HalveUl!.StartRow();
                if (l + 1 < active.Length)
                    cuts.Push(u = halve.Get());
            }

            if (active.Length == levels.Length)
                u = cuts.Pop();
            for (var l = active.Length - 1; l >= 0; l--)
            {
                if (l < levels.Length - 1)
                    u = levels[l].Doubled!.Narrow(2, (i >> l) % 2, 1);
                foreach (var layer in levels[l].Up)
                    u = layer.Row(u, cuts.Pop());
                if (l > 0)
                    levels[l - 1].Doubled!.CopyInPlace(net.levels[l].DoubleU!.Call(u)); // two rows
            }
        }

        public void Keep(long j, Tensor pixel) =>
            firstLeft.Put(j, ((2 * pixel) - 1).ConstantPadNd([0, 1], 1)); // (B, C + 1)

        public Tensor Maps(long j)
        {
            var ul = firstLeft.Get(j); // (B, n)
            Stack<Tensor> cuts = new([ul]);
            var active = levels.TakeWhile((_, l) => (row | j) % (1L << l) == 0).ToArray();
            for (var l = 0; l < active.Length; l++)
            {
                foreach (var layer in active[l].Down)
                    cuts.Push(ul = layer.Column(j >> l, ul, null));
                if (active[l].HalveUl is not { } halve)
                    continue;
                halve.Put(j >> l, ul);
                if (l + 1 < active.Length)
                    cuts.Push(ul = halve.Get(j >> l));
            }

            if (active.Length == levels.Length)
                ul = cuts.Pop();
            for (var l = active.Length - 1; l >= 0; l--)
            {
                if (l < levels.Length - 1)
                    ul = levels[l].Corner((row >> l) % 2, j >> l);
                foreach (var layer in levels[l].Up)
                    ul = layer.Column(j >> l, ul, cuts.Pop());
                if (l > 0)
                    levels[l - 1].KeepCorners(levels[l], j >> l, ul);
            }

            return output.Column(j, ul.Elu());
        }

        public void Draw(long j, Tensor pixel, Rng rng) => pixel.CopyInPlace(net.mixture.Draw(Maps(j), rng));
    }

    private static ColumnCache OneByOne(Conv2d conv) => new(conv.Weight.Detach(), conv.Bias!.Detach(), 0, 1, 1);

    /// <summary>What is kept of one resolution.</summary>
    private sealed class LevelSteps
    {
        // of the way up to the resolution above, four corners side by side
        private readonly Tensor? doubleWeight, doubleBias;
        private readonly Tensor? corners; // from the resolution below: its pixel, B, corner, n

        public LevelSteps(PixelCnnPpLevel level, long b, long w)
        {
            Down = [.. level.DownU.Zip(level.DownUl, (u, ul) => new LayerSteps(u, ul, b, w))];
            Up = [.. level.UpU.Zip(level.UpUl, (u, ul) => new LayerSteps(u, ul, b, w))];
            if (level.HalveU is not null)
            {
                var n = level.HalveU.Weight.Size(0);
                (HalveU, HalveUl) = (new RowCache(level.HalveU, b, w), level.HalveUl!.Columns(b, w));
                Doubled = Tensor.Zeros([b, n, 2, w], device: level.HalveU.Weight.Device);
                corners = Tensor.Zeros([w / 2, b, 4, n], device: level.HalveU.Weight.Device);
            }

            if (level.DoubleUl is { } up)
            {
                doubleWeight = up.Weight.Detach().Permute(0, 2, 3, 1).Reshape(up.Weight.Size(0), -1); // (n, 4 n)
                doubleBias = up.Bias!.Detach().Repeat(4);
            }
        }

        public LayerSteps[] Down { get; }

        public LayerSteps[] Up { get; }

        public RowCache? HalveU { get; }

        public ColumnCache? HalveUl { get; }

        /// <summary>The two rows of u that came up from the resolution below, (B, n, 2, W).</summary>
        public Tensor? Doubled { get; }

        /// <summary>Keeps the four pixels of ul that come up from a pixel of the resolution below.</summary>
        public void KeepCorners(LevelSteps below, long j, Tensor ul) => corners!.Select(0, j).Flatten(1)
            .CopyInPlace(below.doubleBias!.AddMM(ul, below.doubleWeight!));

        /// <summary>The pixel of ul that came up, (B, n).</summary>
        public Tensor Corner(long parity, long j) => corners!.Select(0, j / 2).Select(1, (2 * parity) + (j % 2));
    }

    /// <summary>A layer of u, by rows, and the layer of ul beside it, by pixels.</summary>
    private sealed class LayerSteps(PixelCnnPpLayer u, PixelCnnPpLayer ul, long b, long w)
    {
        private readonly RowCache inU = new(u.In, b, w), outU = new(u.Out, b, w);
        private readonly ColumnCache inUl = ul.In.Columns(b, w), outUl = ul.Out.Columns(b, w);
        private readonly ColumnCache? cutUl = ul.FromCut is null ? null : OneByOne(ul.FromCut);

        /// <summary>A row of u; begins the row of ul, to which it contributes.</summary>
        public Tensor Row(Tensor x, Tensor? cut)
        {
            var c = inU.Row(PixelCnnPpLayer.Celu(x));
            if (u.FromCut is not null)
                c = c + u.FromCut.Call(PixelCnnPpLayer.Celu(cut!));
            var result = PixelCnnPpLayer.Gate(x, outU.Row(PixelCnnPpLayer.Celu(c)));
            inUl.StartRow(ul.FromU!.Call(PixelCnnPpLayer.Celu(result)));
            outUl.StartRow();
            return result;
        }

        /// <summary>A pixel of ul.</summary>
        public Tensor Column(long j, Tensor x, Tensor? cut)
        {
            var c = inUl.Column(j, PixelCnnPpLayer.Celu(x));
            if (cutUl is not null)
                c.AddInPlace(cutUl.Column(j, PixelCnnPpLayer.Celu(cut!)));
            return PixelCnnPpLayer.Gate(x, outUl.Column(j, PixelCnnPpLayer.Celu(c)));
        }
    }
}
