using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>Gated layers and their head for a sampler that goes pixel by pixel: a row of the vertical stack at a time,
/// then one pixel's column through the horizontal one.</summary>
/// <remarks>Holds tensors of the scope it was made in; weights must not change while it is used.</remarks>
internal sealed class GatedColumns
{
    private readonly (GatedLayer Layer, RowCache Vertical, ColumnCache Horizontal, ColumnCache Out)[] layers;
    private readonly ColumnCache hidden, output;
    private readonly Tensor x;
    private readonly Tensor? y, features;
    private long row;

    /// <param name="layers">The layers, the first one first.</param>
    /// <param name="head">The two 1x1 convolutions that follow.</param>
    /// <param name="x">What the first layer sees, (B, channels, H, W); written by the caller as it is drawn.</param>
    /// <param name="y">Classes, (B), or null.</param>
    /// <param name="features">Added to both stacks after the first layer, (B, p, H, W), or null.</param>
    public GatedColumns(IEnumerable<GatedLayer> layers, (MaskedConv2d Hidden, MaskedConv2d Output) head, Tensor x,
        Tensor? y, Tensor? features)
    {
        var (batch, width) = (x.Size(0), x.Size(3));
        (this.x, this.y, this.features) = (x, y, features);
        this.layers = [.. layers.Select(layer => (layer, new RowCache(layer.Vertical, batch, width),
            layer.Horizontal.Columns(batch, width), layer.Out.Columns(batch, width)))];
        (hidden, output) = (head.Hidden.Columns(batch, width), head.Output.Columns(batch, width));
    }

    /// <summary>Begins row i; rows come from the top.</summary>
    public void StartRow(long i)
    {
        row = i;
        // The first vertical layer sees the rows above only: it is given them one row late.
        var v = x.Narrow(2, Math.Max(0, i - 1), 1) * (i == 0 ? 0 : 1);
        for (var l = 0; l < layers.Length; l++)
        {
            var (layer, vertical, horizontal, _) = layers[l];
            var rows = vertical.Row(v);
            var (a, link) = layer.Link(layer.Position is null ? rows : rows + layer.Position.Row(i), y);
            horizontal.StartRow(link);
            v = GatedLayer.Gate(a);
            if (l == 0 && features is not null) v += features.Narrow(2, i, 1);
        }
    }

    /// <summary>Takes the pixel in column j of the present row.</summary>
    /// <param name="j">The column.</param>
    /// <param name="pixel">(B, channels)</param>
    public void Keep(long j, Tensor pixel) => layers[0].Horizontal.Put(j, pixel);

    /// <summary>The head's numbers for column j of the present row.</summary>
    /// <returns>(B, maps)</returns>
    public Tensor Maps(long j)
    {
        Tensor? h = null;
        foreach (var (_, _, horizontal, outer) in layers)
        {
            var a = h is null ? horizontal.Get(j) : horizontal.Column(j, h);
            var next = outer.Column(j, GatedLayer.Gate(a));
            h = h is not null ? next.AddInPlace(h)
                : features is null ? next : next.AddInPlace(features.Select(3, j).Select(2, row));
        }

        return output.Column(j, hidden.Column(j, h!.ReluInPlace()).ReluInPlace());
    }
}
