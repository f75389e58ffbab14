// MobileNetV2: Inverted Residuals and Linear Bottlenecks.
// M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen, 2018.
// https://arxiv.org/abs/1801.04381
//
//   f(x) = mean over places of the last convolution's 1280 maps
//
// A network whose weights come from elsewhere and whose features f(x) judge samples; it is not trained here. Table 2 of
// the paper line by line: t is the expansion, c the output's channels, n the blocks, s the first block's stride. As in
// the implementation that trained the weights, a step by two sees zeros below and to the right only, and batch
// normalisation has eps 0.001.
using Figment.Data.Formats;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Recognition;

/// <summary>The network: features and the logits of a head.</summary>
public sealed partial class MobileNetV2 : Module
{
    private static readonly (int T, int C, int N, int S)[] Table =
        [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

    private readonly NormedConv stem;
    private readonly List<InvertedResidual> blocks = [];
    private readonly NormedConv last;
    private readonly Sequential head;

    /// <param name="rng">Draws weights that <see cref="LoadKeras"/> replaces.</param>
    public MobileNetV2(Rng rng)
    {
        stem = new NormedConv(3, 32, 3, rng, stride: 2, after: Rectifier.Relu6);
        var channels = 32;
        foreach (var (t, c, n, s) in Table)
            for (var i = 0; i < n; i++, channels = c)
                blocks.Add(new InvertedResidual(channels, c, t, i == 0 ? s : 1, rng));
        last = new NormedConv(channels, FeatureSize, 1, rng, after: Rectifier.Relu6);
        head = KerasWeights.NsfwHead(FeatureSize, rng);
    }

    /// <summary>Numbers in the features of one image.</summary>
    public const int FeatureSize = 1280;

    /// <summary>f(x)</summary>
    /// <param name="images">(B, 3, 224, 224) in the range that the weights were trained in.</param>
    /// <returns>(B, 1280)</returns>
    public Tensor Features(Tensor images)
    {
        var x = stem.Call(InvertedResidual.PadBelow(images));
        foreach (var block in blocks) x = block.Call(x);
        return last.Call(x).Mean([2, 3]); // (B, 1280, 7, 7) -> (B, 1280)
    }

    /// <summary>The head's logits.</summary>
    /// <returns>(B, 5)</returns>
    public Tensor Logits(Tensor images) => head.Call(Features(images));

    /// <summary>Takes the weights of a Keras network of this form, by their names.</summary>
    /// <exception cref="ArgumentException">They are of another network.</exception>
    public void LoadKeras(IReadOnlyList<NamedArray> arrays)
    {
        List<KerasLayer> layers = [new("stem.conv", "Conv1"), new("stem.bn", "bn_Conv1"), new("last.conv", "Conv_1"),
            new("last.bn", "Conv_1_bn"), .. KerasWeights.Head("head")];
        for (var i = 0; i < blocks.Count; i++)
        {
            string[] parts = i == 0 ? ["depthwise", "project"] : ["expand", "depthwise", "project"];
            foreach (var part in parts)
            {
                var layer = (i == 0 ? "expanded_conv_" : $"block_{i}_") + part;
                layers.Add(new($"blocks.{i}.{part}.conv", layer));
                layers.Add(new($"blocks.{i}.{part}.bn", layer + "_BN"));
            }
        }

        KerasWeights.Load(this, arrays, layers);
    }
}

/// <summary>Table 1 of the paper: to t times the channels, 3x3 channel by channel, back without a rectifier; and the
/// input is added where it has the output's shape.</summary>
internal sealed partial class InvertedResidual : Layer
{
    private readonly NormedConv? expand;
    private readonly NormedConv depthwise;
    private readonly NormedConv project;
    private readonly bool isAdded, steps;

    public InvertedResidual(int from, int to, int t, int stride, Rng rng)
    {
        var wide = t * from;
        expand = t == 1 ? null : new NormedConv(from, wide, 1, rng, after: Rectifier.Relu6);
        depthwise = new NormedConv(wide, wide, 3, rng, stride, stride == 1 ? 1 : 0, groups: wide, Rectifier.Relu6);
        project = new NormedConv(wide, to, 1, rng, after: Rectifier.None);
        (isAdded, steps) = (stride == 1 && from == to, stride > 1);
    }

    protected override Tensor Forward(Tensor input)
    {
        var x = expand is null ? input : expand.Call(input);
        var y = project.Call(depthwise.Call(steps ? PadBelow(x) : x));
        return isAdded ? input + y : y;
    }

    /// <summary>One row of zeros below and one column to the right: (B, C, H, W) -> (B, C, H + 1, W + 1).</summary>
    public static Tensor PadBelow(Tensor x) => x.Pad([0, 1, 0, 1]);
}
