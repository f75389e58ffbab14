// Pixel Recurrent Neural Networks: the Row LSTM. A. van den Oord, N. Kalchbrenner, K. Kavukcuoglu, 2016.
// https://arxiv.org/abs/1601.06759
//
//   log p(x) = sum_i log p(x_i | x_1, ..., x_{i-1}), pixels row by row, colours in the order R, G, B  (equations 1, 2)
//   [o, f, i, g] = s(K_ss * h' + K_is * x),  c = f c' + i g,  h = o tanh(c)                           (equation 3)
//
// The LSTM runs over rows, a whole row at once. K_is is a 1 x k convolution along the row with mask B, computed for the
// whole map beforehand; K_ss is a 1 x k convolution of the states of the row above. So a pixel sees a triangle above
// it, opening by (k - 1) / 2 columns a row, and not the whole context (section 3.1).
//
// Deviations from the paper: the forget gates' biases start at about 1; the other weights start as PyTorch's.
//
//   h    Hidden      features of a state; maps between layers have 2h, and an LSTM layer is 2h -> h -> 2h (figure 4)
//   k    Kernel      columns of both convolutions of an LSTM layer
//   W    width, H height, B images, C colours, K levels, M maps a colour
using System.ComponentModel.DataAnnotations;
using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>Options of the Row LSTM.</summary>
public sealed record RowLstmOptions : ModelOptions, IValidatableObject
{
    /// <summary>h: features of an LSTM's state; maps between layers have twice as many.</summary>
    [Range(1, 1024)]
    public int Hidden { get; init; } = 32;

    /// <summary>How many LSTM layers, each with a residual connection around it.</summary>
    [Range(1, 64)]
    public int Layers { get; init; } = 1;

    /// <summary>k: columns that a row's LSTM reads of the map and of the states above; odd.</summary>
    [Range(3, 31)]
    public int Kernel { get; init; } = 3;

    /// <summary>Features of the two 1x1 layers before the output.</summary>
    [Range(1, 4096)]
    public int Head { get; init; } = 64;

    /// <summary>Levels of a pixel's colour: 2 is black and white, 256 a byte.</summary>
    [Range(2, 256)]
    public int Levels { get; init; } = 2;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Kernel % 2 == 0)
            yield return new ValidationResult("is odd: as many columns to the left as to the right", [nameof(Kernel)]);
    }
}

/// <summary>The PixelRNN whose layers are LSTMs from row to row: fast, with a triangle above the pixel as its
/// context.</summary>
public sealed partial class RowLstm : PixelRecurrence
{
    private readonly MaskedConv2d first; // 7x7, mask A: (B, C, H, W) -> (B, 2h, H, W)
    private readonly IReadOnlyList<RowLstmLayer> layers; // (H, B, W, 2h) -> (H, B, W, 2h)
    private readonly PixelHead head; // (H, B, W, 2h) -> (H, B, W, C M)

    /// <param name="options">Sizes.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public RowLstm(RowLstmOptions options, ImageShape shape, Rng rng)
        : base(shape, options.Levels)
    {
        var h = options.Hidden;
        first = new MaskedConv2d(shape.Channels, 2 * h, 7, MaskKind.A, rng, shape.Channels);
        layers = [.. Enumerable.Range(0, options.Layers)
            .Select(_ => new RowLstmLayer(h, options.Kernel, shape.Channels, rng))];
        head = new PixelHead(2 * h, options.Head, shape.Channels, Levels, rng);
    }

    /// <inheritdoc/>
    public override Tensor Maps(Tensor x)
    {
        var map = first.Call(x).Permute(2, 0, 3, 1).Contiguous(); // (H, B, W, 2h)
        foreach (var layer in layers)
            map = map + layer.Call(map); // residual, figure 4
        return head.Call(map).Permute(1, 3, 0, 2);
    }

    private protected override RecurrentSteps Steps(long batch) => new(first.Columns(batch, Shape.Width),
        [.. layers.Select(layer => new RowLstmLayer.Row(layer, batch, Shape.Width))], head, Levels);
}

/// <summary>A Row LSTM layer without the residual connection around it: (H, B, W, 2h) to (H, B, W, 2h).</summary>
internal sealed partial class RowLstmLayer : Layer
{
    private readonly MaskedConv2d input; // K_is, 1 x k, mask B: 2h -> 4h
    private readonly Parameter state; // K_ss, 1 x k: (4h, h, k)
    private readonly MaskedConv2d up; // 1x1, mask B: h -> 2h

    public RowLstmLayer(int hidden, int kernel, int channels, Rng rng)
    {
        input = LstmGates.Input(hidden, kernel, channels, rng);
        state = LstmGates.State(hidden, kernel, rng);
        up = new MaskedConv2d(hidden, 2 * hidden, 1, MaskKind.B, rng, channels);
    }

    protected override Tensor Forward(Tensor x)
    {
        var (rows, b, w) = (x.Size(0), x.Size(1), x.Size(2));
        var images = x.View(rows * b, 1, w, -1).Permute(0, 3, 1, 2); // each row an image, (H B, 2h, 1, W)
        var gates = input.Call(images).Permute(0, 2, 3, 1).Reshape(rows, b, w, -1).Unbind(); // H of (B, W, 4h)
        var all = new Tensor[rows];
        (Tensor? h, Tensor? c) = (null, null);
        for (var row = 0; row < rows; row++)
        {
            (h, c) = LstmGates.Step(h is null ? gates[row] : gates[row] + FromAbove(h), c); // equation 3
            all[row] = h!;
        }

        return up.AtEachPlace(Ops.Stack(all));
    }

    // K_ss * h': (B, W, h) to (B, W, 4h).
    private Tensor FromAbove(Tensor h) =>
        Ops.Conv2d(h.Unsqueeze(1).Permute(0, 3, 1, 2), state.Unsqueeze(2), padding: [0, state.Size(2) / 2])
            .Squeeze(2).Transpose(1, 2);

    /// <summary>What the layer keeps while a row is drawn.</summary>
    public sealed class Row : IRecurrentRow
    {
        private readonly RowLstmLayer layer;
        private readonly ColumnCache input;
        private readonly Tensor states, cells; // of the row, (B, W, h)
        private readonly Tensor cellsAbove; // of the row above, (B, W, h)

        public Row(RowLstmLayer layer, long batch, long width)
        {
            this.layer = layer;
            input = layer.input.Columns(batch, width);
            long[] shape = [batch, width, layer.state.Size(1)];
            states = Tensor.Zeros(shape, layer.state.DType, layer.state.Device);
            cells = Tensor.Zeros(shape, layer.state.DType, layer.state.Device);
            cellsAbove = Tensor.Zeros(shape, layer.state.DType, layer.state.Device);
        }

        /// <summary>Begins a row: what the row above contributes to its gates is computed for all pixels at
        /// once.</summary>
        public void Start(long row)
        {
            cellsAbove.CopyInPlace(cells);
            input.StartRow(layer.FromAbove(states).Transpose(1, 2).Unsqueeze(2));
        }

        /// <summary>The layer's output at a pixel of the row: (B, 2h) to (B, 2h).</summary>
        public Tensor At(long column, Tensor map)
        {
            var (h, c) = LstmGates.Step(input.Column(column, map), cellsAbove.Select(1, column));
            states.Select(1, column).CopyInPlace(h);
            cells.Select(1, column).CopyInPlace(c);
            return layer.up.AtEachPlace(h);
        }
    }
}
