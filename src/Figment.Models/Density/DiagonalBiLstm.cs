// Pixel Recurrent Neural Networks: the Diagonal BiLSTM. A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, 2016.
// https://arxiv.org/abs/1601.06759
//
//   log p(x) = sum_i log p(x_i | x_1, ..., x_{i-1}), pixels row by row, colours in the order R, G, B  (equations 1, 2)
//   [o, f, i, g] = s(K_ss * h' + K_is * x),  c = f c' + i g,  h = o tanh(c)                           (equation 3)
//
// The map is skewed, each row one place further right than the row above, so that a column of the skewed map is a
// diagonal of the image, and the LSTM runs over these columns. Its state-to-state convolution is 2x1: the state at row
// r, column q of the image reads the hidden states at (r - 1, q) and (r, q - 1) and the cell state at (r, q - 1). A
// second LSTM runs from the right edge; its output is shifted down by one row, so that it sees no pixel to come, and
// added. Together a layer sees every earlier pixel (section 3.2, figure 2).
//
// Deviations from the paper: the maps have one column more than the image, behind its right edge. Mask A hides a pixel
// from the features at its own place, so that without this column nothing would tell the next row of a row's last
// pixel, unless the 7x7 convolution reaches it, and the context would not be whole. States outside the map are zero
// (the paper's skewed map computes states for its padding, from biases alone). The forget gates' biases start at about
// 1, the other weights as PyTorch's. Only real places of the skewed map are kept: diagonals lie one after the other,
// which halves the work. Both directions run as one recurrence.
//
//   h    Hidden      features of a state; maps between layers have 2h, and an LSTM layer is 2h -> h -> 2h (figure 4)
//   W    width of the maps, that of the image + 1; H height, P = H W places, B images, C colours, M maps a colour
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the Diagonal BiLSTM.</summary>
public sealed record DiagonalBiLstmOptions : ModelOptions
{
    /// <summary>h: features of an LSTM's state; maps between layers have twice as many.</summary>
    [Range(1, 1024)]
    public int Hidden { get; init; } = 32;

    /// <summary>How many LSTM layers, each with a residual connection around it.</summary>
    [Range(1, 64)]
    public int Layers { get; init; } = 1;

    /// <summary>Features of the two 1x1 layers before the output.</summary>
    [Range(1, 4096)]
    public int Head { get; init; } = 64;

    /// <summary>Levels of a pixel's colour: 2 is black and white, 256 a byte.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 2;
}

/// <summary>The PixelRNN whose layers are bidirectional LSTMs along diagonals: the whole context above and to the
/// left.</summary>
public sealed partial class DiagonalBiLstm : PixelRecurrence
{
    private readonly MaskedConv2d first; // 7x7, mask A: (B, C, H, W) -> (B, 2h, H, W)
    private readonly IReadOnlyList<DiagonalLayer> layers; // (P, B, 2h) -> (P, B, 2h), places in raster order
    private readonly PixelHead head; // (P, B, 2h) -> (P, B, C M)

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public DiagonalBiLstm(DiagonalBiLstmOptions options, ImageShape shape, Rng rng)
        : base(shape, options.Levels)
    {
        var (h, order) = (options.Hidden, new DiagonalOrder(shape.Height, shape.Width + 1));
        first = new MaskedConv2d(shape.Channels, 2 * h, 7, MaskKind.A, rng, shape.Channels);
        layers = [.. Enumerable.Range(0, options.Layers).Select(_ => new DiagonalLayer(h, shape.Channels, order, rng))];
        head = new PixelHead(2 * h, options.Head, shape.Channels, Levels, rng);
    }

    /// <inheritdoc/>
    public override Tensor Maps(Tensor x)
    {
        var (b, h, w) = (x.Size(0), Shape.Height, Shape.Width + 1);
        var map = first.Call(x.ConstantPadNd([0, 1])).Permute(2, 3, 0, 1).Reshape(h * w, b, -1); // (P, B, 2h)
        foreach (var layer in layers)
            map = map + layer.Call(map); // residual, figure 4
        map = map.View(h, w, b, -1).Narrow(1, 0, w - 1);
        return head.Call(map).Permute(2, 3, 0, 1); // (B, C M, H, W)
    }

    private protected override RecurrentSteps Steps(long batch) =>
        new DiagonalSteps(this, first.Columns(batch, Shape.Width + 1),
        [.. layers.Select(layer => new DiagonalLayer.Row(layer, batch, Shape.Width + 1))], batch);

    // The maps' last column lies behind the row's end.
    private sealed class DiagonalSteps(DiagonalBiLstm net, ColumnCache first, IRecurrentRow[] layers, long batch)
        : RecurrentSteps(first, layers, net.head, net.Levels)
    {
        public override void EndRow()
        {
            Keep(net.Shape.Width, Tensor.Zeros([batch, net.Shape.Channels]));
            Read(net.Shape.Width);
        }
    }
}

/// <summary>A Diagonal BiLSTM layer without the residual connection around it: (P, B, 2h) to (P, B, 2h), raster
/// order.</summary>
internal sealed partial class DiagonalLayer : Layer
{
    private readonly MaskedConv2d inputLeft, inputRight; // K_is of each direction, 1x1, mask B: 2h -> 4h
    // K_ss of each direction, 2x1, from above and from beside: (4h, h, 2)
    private readonly Parameter stateLeft, stateRight;
    private readonly MaskedConv2d up; // 1x1, mask B: h -> 2h
    private readonly DiagonalOrder order;

    public DiagonalLayer(int hidden, int channels, DiagonalOrder order, Rng rng)
    {
        this.order = order;
        inputLeft = LstmGates.Input(hidden, 1, channels, rng);
        inputRight = LstmGates.Input(hidden, 1, channels, rng);
        stateLeft = LstmGates.State(hidden, 2, rng);
        stateRight = LstmGates.State(hidden, 2, rng);
        up = new MaskedConv2d(hidden, 2 * hidden, 1, MaskKind.B, rng, channels);
    }

    protected override Tensor Forward(Tensor x)
    {
        var (p, b) = (x.Size(0), x.Size(1));
        var states = Recur(order.Skew(x).View(2, p * b, -1), b).View(2 * p, b, -1); // (2 P, B, h)
        return up.AtEachPlace(order.UnskewLeft(states) + order.UnskewRightShifted(states));
    }

    // Equation 3 along the diagonals, both directions at once: (2, P B, 2h) to (2, P B, h), places as skewed.
    private Tensor Recur(Tensor x, long b)
    {
        var (inputs, bias, state) = Weights();
        var gates = bias.Baddbmm(x, inputs).SplitWithSizes([.. order.Diagonals.Select(d => d.Places * b)], 1);
        var all = new Tensor[gates.Length];
        (Tensor? h, Tensor? c) = (null, null);
        for (var d = 0; d < gates.Length; d++)
        {
            if (h is not null)
            {
                // Place r of the diagonal reads (r - 1, q) and (r, q - 1), neighbours on the diagonal before.
                var (top, bottom) = (order.Diagonals[d].StartsAbove ? b : 0, order.Diagonals[d].EndsBelow ? b : 0);
                var padded = top + bottom > 0 ? h.ConstantPadNd([0, 0, top, bottom]) : h; // (2, (n + 1) B, h)
                var (n, count) = (gates[d].Size(1), padded.Size(1));
                gates[d] = gates[d]
                    .Baddbmm(Ops.Cat([padded.Narrow(1, 0, n), padded.Narrow(1, count - n, n)], 2), state);
                c = top > 0 ? c! : c!.Narrow(1, b, c.Size(1) - b); // of (r, q - 1)
                c = bottom > 0 ? c.ConstantPadNd([0, 0, 0, bottom]) : c;
            }

            (h, c) = LstmGates.Step(gates[d], c);
            all[d] = h!;
        }

        return Ops.Cat(all, 1);
    }

    // (2, 2h, 4h), (2, 1, 4h) and (2, 2h, 4h): the last from the states above and beside, in this order.
    private (Tensor Inputs, Tensor Bias, Tensor States) Weights() => (
        Ops.Stack([inputLeft.MaskedWeight().Flatten(1).T(), inputRight.MaskedWeight().Flatten(1).T()]),
        Ops.Stack([inputLeft.Bias!, inputRight.Bias!]).Unsqueeze(1),
        Ops.Stack([stateLeft, stateRight]).Permute(0, 3, 2, 1).Flatten(1, 2));

    /// <summary>What the layer keeps while a row is drawn.</summary>
    public sealed class Row : IRecurrentRow
    {
        private readonly DiagonalLayer layer;
        private readonly Tensor inputs, bias, aboveWeight, besideWeight; // (2, 2h, 4h), (2, 1, 4h), 2 times (2, h, 4h)
        private readonly Tensor maps; // the row's maps, (W, B, 2h)
        private readonly Tensor left, leftCells; // states of the row, from one place before it: (W + 1, B, h)
        private readonly Tensor right; // states from the right of the row above, (W, B, h)
        private readonly Tensor above; // gates from bias and the states above, (W, B, 4h)

        public Row(DiagonalLayer layer, long batch, long width)
        {
            this.layer = layer;
            (inputs, bias, var states) = NoGrad.Run(layer.Weights);
            var h = states.Size(1) / 2;
            (aboveWeight, besideWeight) = (states.Narrow(1, 0, h), states.Narrow(1, h, h));
            maps = Tensor.Zeros([width, batch, 2 * h], states.DType, states.Device);
            left = Tensor.Zeros([width + 1, batch, h], states.DType, states.Device);
            leftCells = Tensor.Zeros([width + 1, batch, h], states.DType, states.Device);
            right = Tensor.Zeros([width, batch, h], states.DType, states.Device);
            above = Tensor.Zeros([width, batch, 4 * h], states.DType, states.Device);
        }

        /// <summary>Begins a row: the row above is complete, so its states from the right can be computed.</summary>
        public void Start(long row)
        {
            if (row > 0)
                ReadFromTheRight();
            above.CopyInPlace(left.Narrow(0, 1, left.Size(0) - 1).MatMul(aboveWeight[0]) + bias[0]);
        }

        /// <summary>The layer's output at a pixel of the row: (B, 2h) to (B, 2h).</summary>
        public Tensor At(long column, Tensor map)
        {
            maps.Select(0, column).CopyInPlace(map);
            var gates = above.Select(0, column).AddMM(map, inputs[0]).AddMM(left.Select(0, column), besideWeight[0]);
            var (h, c) = LstmGates.Step(gates, leftCells.Select(0, column));
            left.Select(0, column + 1).CopyInPlace(h);
            leftCells.Select(0, column + 1).CopyInPlace(c);
            return layer.up.AtEachPlace(h + right.Select(0, column));
        }

        private void ReadFromTheRight()
        {
            // (W, B, 4h), right: a row earlier
            var gates = maps.MatMul(inputs[1]) + right.MatMul(aboveWeight[1]) + bias[1];
            (Tensor? h, Tensor? c) = (null, null);
            for (var column = maps.Size(0) - 1; column >= 0; column--)
            {
                var here = gates.Select(0, column);
                (h, c) = LstmGates.Step(h is null ? here : here.AddMM(h, besideWeight[1]), c);
                right.Select(0, column).CopyInPlace(h!);
            }
        }
    }
}

/// <summary>The skewed map: where the places of an image are when its diagonals are stored one after the
/// other.</summary>
/// <remarks>Diagonal d holds the places (r, q) with r + q = d, from the top. Behind them lie those of the mirrored map,
/// which the LSTM from the right reads.</remarks>
internal sealed class DiagonalOrder
{
    private readonly int width;
    private readonly long[] skewed, left, right; // raster places of (2 P) stored; stored places of raster ones

    public DiagonalOrder(int height, int width)
    {
        this.width = width;
        (int First, int Last)[] rows = [.. Enumerable.Range(0, height + width - 1)
            .Select(d => (Math.Max(0, d - width + 1), Math.Min(height - 1, d)))];
        Diagonals = [.. rows.Select((here, d) =>
            (here.Last - here.First + 1, d > 0 && here.First == rows[d - 1].First,
                d > 0 && here.Last > rows[d - 1].Last))];
        (int Row, int Column)[] places = [.. rows.SelectMany((here, d) =>
            Enumerable.Range(here.First, here.Last - here.First + 1).Select(r => (r, d - r)))];
        skewed = [.. places.Select(at => ((long)at.Row * width) + at.Column),
            .. places.Select(at => ((long)at.Row * width) + (width - 1 - at.Column))];
        (left, right) = (new long[places.Length], new long[places.Length]);
        for (var place = 0; place < places.Length; place++)
            (left[skewed[place]], right[skewed[places.Length + place]]) = (place, places.Length + place);
    }

    /// <summary>Of each diagonal: its places, whether its first has none above it and its last none beside
    /// it.</summary>
    public IReadOnlyList<(int Places, bool StartsAbove, bool EndsBelow)> Diagonals { get; }

    /// <summary>(P, B, F) in raster order to (2 P, B, F): the map's diagonals, then its mirror image's.</summary>
    public Tensor Skew(Tensor map) => Gather(map, skewed);

    /// <summary>(2 P, B, F) to (P, B, F) in raster order, from the first half.</summary>
    public Tensor UnskewLeft(Tensor stored) => Gather(stored, left);

    /// <summary>The same from the mirrored half, each row moved down by one: no place sees its own row or later
    /// ones.</summary>
    public Tensor UnskewRightShifted(Tensor stored) =>
        Gather(stored, right[..^width]).ConstantPadNd([0, 0, 0, 0, width, 0]);

    private static Tensor Gather(Tensor from, long[] places) =>
        from.IndexSelect(0, Tensor.From(places, places.Length).To(from.Device));
}
