// Rethinking the Inception Architecture for Computer Vision.
// C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna, 2015.
// https://arxiv.org/abs/1512.00567
//
//   f(x) = mean over places of the last block's 2048 maps
//
// A network whose weights come from elsewhere and whose features f(x) judge samples; it is not trained here. The names
// of its parts are those of the files in which its weights are exchanged in PyTorch; its blocks are the paper's
// figures. Two networks of this form are known here. The one of nsfwjs is Keras's. The other was published in December
// 2015 and is the one in whose features a Fréchet distance is called FID (Heusel et al. 2017): its last block takes
// maxima where the others take means, and it tells 1,008 classes. In both, means at an edge are of the places that
// there are.
using Figment.Data.Formats;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Recognition;

/// <summary>The network: features and the logits of a head.</summary>
public sealed partial class InceptionV3 : Module
{
    [Name("Conv2d_1a_3x3")] private readonly NormedConv stem1;
    [Name("Conv2d_2a_3x3")] private readonly NormedConv stem2;
    [Name("Conv2d_2b_3x3")] private readonly NormedConv stem3;
    [Name("Conv2d_3b_1x1")] private readonly NormedConv stem4;
    [Name("Conv2d_4a_3x3")] private readonly NormedConv stem5;
    [Name("Mixed_5b")] private readonly InceptionA a1;
    [Name("Mixed_5c")] private readonly InceptionA a2;
    [Name("Mixed_5d")] private readonly InceptionA a3;
    [Name("Mixed_6a")] private readonly InceptionB b;
    [Name("Mixed_6b")] private readonly InceptionC c1;
    [Name("Mixed_6c")] private readonly InceptionC c2;
    [Name("Mixed_6d")] private readonly InceptionC c3;
    [Name("Mixed_6e")] private readonly InceptionC c4;
    [Name("Mixed_7a")] private readonly InceptionD d;
    [Name("Mixed_7b")] private readonly InceptionE e1;
    [Name("Mixed_7c")] private readonly InceptionE e2;
    [Name("fc")] private readonly Layer head;

    private InceptionV3(Layer head, bool maximaLast, Rng rng)
    {
        stem1 = new NormedConv(3, 32, 3, rng, stride: 2);
        stem2 = new NormedConv(32, 32, 3, rng);
        stem3 = new NormedConv(32, 64, 3, rng, padding: 1);
        stem4 = new NormedConv(64, 80, 1, rng);
        stem5 = new NormedConv(80, 192, 3, rng);
        (a1, a2, a3) = (new InceptionA(192, 32, rng), new InceptionA(256, 64, rng), new InceptionA(288, 64, rng));
        b = new InceptionB(288, rng);
        (c1, c2, c3, c4) = (new InceptionC(768, 128, rng), new InceptionC(768, 160, rng),
            new InceptionC(768, 160, rng), new InceptionC(768, 192, rng));
        d = new InceptionD(768, rng);
        (e1, e2) = (new InceptionE(1280, false, rng), new InceptionE(FeatureSize, maximaLast, rng));
        this.head = head;
    }

    /// <summary>Numbers in the features of one image.</summary>
    public const int FeatureSize = 2048;

    /// <summary>Classes of the network of December 2015; those of ImageNet are 1 to 1,000.</summary>
    public const int Classes2015 = 1008;

    /// <summary>The network of nsfwjs.</summary>
    /// <param name="rng">Draws weights that <see cref="LoadKeras"/> replaces.</param>
    public static InceptionV3 OfNsfwjs(Rng rng) => new(KerasWeights.NsfwHead(FeatureSize, rng), false, rng);

    /// <summary>The network of December 2015, by which FID is measured.</summary>
    /// <param name="rng">Draws weights that a state dict replaces.</param>
    public static InceptionV3 Of2015(Rng rng) => new(new Linear(FeatureSize, Classes2015, rng), true, rng);

    /// <summary>f(x)</summary>
    /// <param name="images">(B, 3, 299, 299) in the range that the weights were trained in.</param>
    /// <returns>(B, 2048)</returns>
    public Tensor Features(Tensor images)
    {
        var x = stem3.Call(stem2.Call(stem1.Call(images))).MaxPool2d([3, 3], [2, 2]); // (B, 64, 73, 73)
        x = stem5.Call(stem4.Call(x)).MaxPool2d([3, 3], [2, 2]); // (B, 192, 35, 35)
        x = b.Call(a3.Call(a2.Call(a1.Call(x)))); // (B, 768, 17, 17)
        x = d.Call(c4.Call(c3.Call(c2.Call(c1.Call(x))))); // (B, 1280, 8, 8)
        return e2.Call(e1.Call(x)).Mean([2, 3]); // (B, 2048)
    }

    /// <summary>The head's logits.</summary>
    /// <returns>(B, classes)</returns>
    public Tensor Logits(Tensor images) => head.Call(Features(images));

    /// <summary>Takes the weights of Keras's network of this form. Keras numbers convolutions and normalisations in the
    /// order in which the figures name them, which is that of the fields here.</summary>
    /// <exception cref="ArgumentException">They are of another network.</exception>
    public void LoadKeras(IReadOnlyList<NamedArray> arrays) => KerasWeights.Load(this, arrays,
        NamedModules().Where(one => one.Module is NormedConv).SelectMany((one, i) => new[]
        {
            new KerasLayer($"{one.Path}.conv", $"conv2d_{i + 1}"),
            new KerasLayer($"{one.Path}.bn", $"batch_normalization_{i + 1}"),
        }).Concat(KerasWeights.Head("fc")));
}
