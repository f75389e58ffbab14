using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>
/// p(k), the distribution of a grid of codebook numbers, drawn row by row from the top left: the gated PixelCNN of van
/// den Oord et al. 2016b over codes instead of pixels. With classes it is p(k|y); with a condition, a picture of
/// features that lies over the grid, p(k|c) (the bottom prior of Razavi et al. 2019, section 3.2).
/// </summary>
public sealed partial class CodePrior : Module
{
    private readonly (int Height, int Width) grid;
    private readonly Embedding embedding;
    private readonly IReadOnlyList<GatedLayer> layers;
    private readonly Conv2d? condition;
    private readonly MaskedConv2d hidden, output;

    /// <param name="codes">K</param>
    /// <param name="grid">The grid of codes.</param>
    /// <param name="layerCount">Gated layers, at least 1.</param>
    /// <param name="p">Channels of each stack.</param>
    /// <param name="classes">0 for none.</param>
    /// <param name="conditionChannels">Of the condition; 0 for none.</param>
    /// <param name="rng">Draws the initial weights.</param>
    public CodePrior(int codes, (int Height, int Width) grid, int layerCount, int p, int classes,
        int conditionChannels, Rng rng)
    {
        (this.grid, Classes) = (grid, classes);
        embedding = new Embedding(codes, p, rng);
        layers = [.. Enumerable.Range(0, layerCount).Select(l => new GatedLayer(p, p, l == 0,
            l == 0 ? new ImageShape(1, grid.Height, grid.Width) : null, 1, classes, rng))];
        condition = conditionChannels == 0 ? null : new Conv2d(conditionChannels, p, 3, rng, padding: 1);
        hidden = new MaskedConv2d(p, 2 * p, 1, MaskKind.B, rng, gain: PixelCnn.ReluGain);
        output = new MaskedConv2d(2 * p, codes, 1, MaskKind.B, rng, gain: PixelCnn.SmallGain);
        To(MemoryFormat.ChannelsLast);
    }

    /// <summary>How many classes it knows; 0 for none.</summary>
    public int Classes { get; }

    /// <summary>Logits of every code, given those before it.</summary>
    /// <param name="k">(B, H, W), Int64</param>
    /// <param name="y">(B), or null without classes.</param>
    /// <param name="c">(B, condition channels, H, W), or null without a condition.</param>
    /// <returns>(B, K, H, W)</returns>
    public Tensor Logits(Tensor k, Tensor? y = null, Tensor? c = null)
    {
        Check(y, c);
        var x = embedding.Call(k).Permute(0, 3, 1, 2); // (B, p, H, W), channels-last
        var features = condition?.Call(c!);
        var (v, h) = (x, x);
        foreach (var (layer, l) in layers.Select((layer, l) => (layer, l)))
        {
            (v, h) = layer.Call((v, h, y));
            if (l == 0 && features is not null) (v, h) = (v + features, h + features);
        }

        return output.Call(hidden.Call(h.Relu()).ReluInPlace());
    }

    /// <summary>log p(k) of each grid; with classes and no label log of the mean of p(k|y) over the classes,
    /// which has no gradient.</summary>
    /// <returns>Nats, (B).</returns>
    public Tensor LogProbability(Tensor k, Tensor? y = null, Tensor? c = null)
    {
        if (Classes > 0 && y is null)
            // A class at a time, without gradients: memory does not grow with their number.
            return Ops.Stack([.. Decode.Steps(Classes, label =>
                LogProbability(k, Tensor.Full([k.Size(0)], label, DType.Int64, k.Device), c))]).LogSumExp(0)
                - Math.Log(Classes);
        return Logits(k, y, c).LogSoftmax(1).Gather(1, k.Unsqueeze(1)).Sum([1, 2, 3]);
    }

    /// <summary>-log p(k) of one code, the mean over all codes of all grids: what training minimises. Keeps no tensor
    /// of the logits' size but the logits.</summary>
    /// <returns>Nats, a scalar.</returns>
    public Tensor NatsOfACode(Tensor k, Tensor? y = null, Tensor? c = null)
    {
        var logits = Logits(k, y, c).Permute(0, 2, 3, 1); // (B, H, W, K), as it lies in memory
        return logits.Reshape(-1, logits.Size(3)).CrossEntropy(k.Flatten());
    }

    /// <summary>Draws grids.</summary>
    /// <param name="count">B</param>
    /// <param name="rng">Where the draws come from.</param>
    /// <param name="y">(B), or null without classes.</param>
    /// <param name="c">As for <see cref="Logits"/>.</param>
    /// <returns>(B, H, W), Int64</returns>
    public Tensor Sample(long count, Rng rng, Tensor? y = null, Tensor? c = null) => NoGrad.Run(() =>
    {
        Check(y, c);
        var k = Tensor.Zeros([count, grid.Height, grid.Width], DType.Int64, output.Weight.Device);
        var x = Tensor.Zeros([count, layers[0].Out.Weight.Size(0), grid.Height, grid.Width],
            device: output.Weight.Device);
        var columns = new GatedColumns(layers, (hidden, output), x, y, condition?.Call(c!));
        Decode.Steps(grid.Height, i =>
        {
            columns.StartRow(i);
            Decode.Steps(grid.Width, j =>
            {
                var code = Draw(columns.Maps(j), rng); // (B)
                k.Select(2, j).Select(1, i).CopyInPlace(code);
                var vector = embedding.Call(code); // (B, p)
                x.Select(3, j).Select(2, i).CopyInPlace(vector);
                columns.Keep(j, vector);
            });
        });
        return k;
    });

    // argmax of logits and Gumbel noise is a draw from the softmax.
    private static Tensor Draw(Tensor logits, Rng rng) =>
        (logits - (-rng.Uniform(logits.Shape).Clamp(1e-20, 1).Log()).Log()).ArgMax(1);

    private void Check(Tensor? y, Tensor? c)
    {
        if (Classes > 0 != y is not null)
            throw new ArgumentException(Classes > 0 ? $"this prior knows {Classes} classes and needs a label for each"
                : "this prior was made without classes, so it takes no labels");
        if (condition is not null != c is not null)
            throw new ArgumentException(condition is null ? "this prior takes no condition"
                : "this prior needs a condition");
    }
}
