using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>
/// A masked convolution for a sampler that goes pixel by pixel: it keeps its inputs and computes only the present
/// pixel's column of outputs. What the rows above contribute is computed once a row, for all of its pixels.
/// </summary>
/// <remarks>Holds tensors of the scope it was made in; weights must not change while it is used.</remarks>
internal sealed class ColumnCache
{
    private readonly Tensor? bias, aboveWeight, history, row;
    private readonly Tensor weight; // of the present row's columns, (taps * in, out)
    private readonly Tensor[] patches = []; // the taps of pixel j, (B, taps * in): views into the row
    private readonly Tensor[] places = []; // where pixel j's input goes, (B, in): views into the row
    private Tensor[]? above; // what is known of pixel j's output before the row begins, (B, out)

    /// <param name="full">The kernel with zeros where it is masked, (out, in, rows, columns); its last row is the
    /// present one.</param>
    /// <param name="bias">(out) or null</param>
    /// <param name="q">The present pixel's column of the kernel; nothing right of it counts in the last row.</param>
    /// <param name="batch">B, images drawn together.</param>
    /// <param name="width">Pixels in a row.</param>
    public ColumnCache(Tensor full, Tensor? bias, long q, long batch, long width)
    {
        var (outputs, inputs, p) = (full.Size(0), full.Size(1), full.Size(2) - 1);
        this.bias = bias;
        weight = full.Select(2, p).Narrow(2, 0, q + 1).Permute(2, 1, 0).Contiguous().View((q + 1) * inputs, outputs);
        if (p + q == 0)
            return;
        var padded = width + full.Size(3) - 1;
        row = Tensor.Zeros([batch, padded, inputs], full.DType, full.Device);
        if (p > 0)
        {
            history = Tensor.Zeros([batch, p, padded, inputs], full.DType, full.Device);
            aboveWeight = full.Narrow(2, 0, p).Contiguous(MemoryFormat.ChannelsLast);
        }

        patches = new Tensor[width];
        places = new Tensor[width];
        for (var j = 0L; j < width; j++)
        {
            patches[j] = row.AsStrided([batch, (q + 1) * inputs], [padded * inputs, 1], j * inputs);
            places[j] = row.AsStrided([batch, inputs], [padded * inputs, 1], (j + q) * inputs);
        }
    }

    /// <summary>Begins the next row, from the top.</summary>
    /// <param name="more">What is added to the outputs of the row, (B, out, 1, W), or null.</param>
    public void StartRow(Tensor? more = null)
    {
        var known = more;
        if (history is not null)
        {
            var p = history.Size(1);
            if (p > 1)
                history.Narrow(1, 0, p - 1).CopyInPlace(history.Narrow(1, 1, p - 1).Clone());
            history.Select(1, p - 1).CopyInPlace(row!); // the row that has just been completed; zeros at first
            known = Ops.Conv2d(history.Permute(0, 3, 1, 2), aboveWeight!, bias); // (B, out, 1, W)
            known = more is null ? known : known + more;
        }
        else if (more is not null && bias is not null)
        {
            known = more + bias.View(1, -1, 1, 1);
        }

        above = known?.Select(2, 0).Permute(2, 0, 1).Contiguous().Unbind(); // W of (B, out)
    }

    /// <summary>Keeps the present pixel's input.</summary>
    /// <param name="j">The pixel's column in the image.</param>
    /// <param name="input">(B, in)</param>
    public void Put(long j, Tensor input) => places[j].CopyInPlace(input);

    /// <summary>The present pixel's outputs from the inputs kept so far.</summary>
    /// <returns>(B, out)</returns>
    public Tensor Get(long j) => Product(j, patches[j]);

    /// <summary>Keeps the present pixel's input and gives its outputs.</summary>
    /// <param name="j">The pixel's column in the image.</param>
    /// <param name="input">(B, in)</param>
    /// <returns>(B, out)</returns>
    public Tensor Column(long j, Tensor input)
    {
        if (row is null)
            return Product(j, input);
        Put(j, input);
        return Get(j);
    }

    private Tensor Product(long j, Tensor patch) => (above?[j] ?? bias) is { } known
        ? known.AddMM(patch, weight)
        : patch.MatMul(weight);
}
