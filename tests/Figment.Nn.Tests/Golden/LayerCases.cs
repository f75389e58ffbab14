using Figment.Torch;

namespace Figment.Nn.Tests.Golden;

/// <summary>The layers of tests/golden/layers.py, under the same names.</summary>
internal static class LayerCases
{
    private static readonly RecurrentOptions Two = new() { Layers = 2 };
    private static readonly RecurrentOptions TwoBoth = new() { Layers = 2, Bidirectional = true };

    /// <summary>Layers from tensor to tensor.</summary>
    public static readonly Dictionary<string, Func<Rng, Layer>> Plain = new()
    {
        ["linear"] = rng => new Linear(5, 3, rng),
        ["linear-nobias"] = rng => new Linear(5, 3, rng, bias: false),
        ["conv1d"] = rng => new Conv1d(2, 4, 3, rng, stride: 2, padding: 1),
        ["conv1d-dilated"] = rng => new Conv1d(2, 4, 3, rng, dilation: 2, padding: 2, bias: false),
        ["conv2d"] = rng => new Conv2d(2, 4, 3, rng, padding: 1),
        ["conv2d-stride-groups"] = rng => new Conv2d(4, 6, 3, rng, stride: 2, padding: 1, groups: 2),
        ["conv2d-rectangle"] = rng => new Conv2d(2, 3, (3, 5), rng, stride: (1, 2), padding: (1, 2), dilation: (2, 1)),
        ["conv2d-reflect"] = rng => new Conv2d(2, 3, 3, rng, padding: 1, paddingMode: PaddingMode.Reflect),
        ["conv2d-replicate"] = rng => new Conv2d(2, 3, 3, rng, padding: 1, paddingMode: PaddingMode.Replicate),
        ["conv2d-circular"] = rng => new Conv2d(2, 3, 3, rng, padding: 1, paddingMode: PaddingMode.Circular),
        ["conv2d-reflect-rectangle"] = rng =>
            new Conv2d(2, 3, (3, 5), rng, padding: (1, 2), paddingMode: PaddingMode.Reflect),
        ["conv1d-replicate"] = rng => new Conv1d(2, 3, 5, rng, padding: 2, paddingMode: PaddingMode.Replicate),
        ["conv3d"] = rng => new Conv3d(2, 3, 3, rng, stride: 2, padding: 1),
        ["convtranspose1d"] = rng => new ConvTranspose1d(3, 2, 4, rng, stride: 2, padding: 1),
        ["convtranspose2d"] = rng => new ConvTranspose2d(3, 2, 4, rng, stride: 2, padding: 1),
        ["convtranspose2d-output-padding"] = rng => new ConvTranspose2d(4, 2, 3, rng, stride: 2, padding: 1,
            outputPadding: 1, groups: 2, dilation: 2),
        ["convtranspose2d-wide"] = rng => new ConvTranspose2d(3, 16, (3, 4), rng, stride: (2, 3), padding: 1,
            outputPadding: (1, 0), dilation: (1, 2)),
        ["convtranspose2d-wide-nobias"] = rng =>
            new ConvTranspose2d(5, 17, 4, rng, stride: 2, padding: 1, bias: false),
        ["convtranspose3d"] = rng => new ConvTranspose3d(2, 2, 3, rng, stride: 2, padding: 1, outputPadding: 1),
        ["batchnorm1d"] = _ => new BatchNorm1d(3),
        ["batchnorm1d-sequence"] = _ => new BatchNorm1d(3),
        ["batchnorm2d"] = _ => new BatchNorm2d(3),
        ["batchnorm2d-eval"] = _ => new BatchNorm2d(3),
        ["batchnorm2d-plain"] = _ => new BatchNorm2d(3, affine: false, momentum: 0.3, eps: 1e-3),
        ["batchnorm2d-nostats"] = _ => new BatchNorm2d(3, trackRunningStats: false),
        ["batchnorm2d-cumulative"] = _ => new BatchNorm2d(3, momentum: null),
        ["batchnorm3d"] = _ => new BatchNorm3d(2),
        ["layernorm"] = _ => new LayerNorm(6),
        ["layernorm-2d"] = _ => new LayerNorm([4, 6], eps: 1e-3),
        ["layernorm-plain"] = _ => new LayerNorm(6, affine: false),
        ["groupnorm"] = _ => new GroupNorm(2, 6),
        ["instancenorm1d"] = _ => new InstanceNorm1d(3),
        ["instancenorm2d"] = _ => new InstanceNorm2d(3),
        ["instancenorm2d-affine"] = _ => new InstanceNorm2d(3, affine: true),
        ["instancenorm2d-stats"] = _ => new InstanceNorm2d(3, affine: true, trackRunningStats: true),
        ["instancenorm2d-stats-eval"] = _ => new InstanceNorm2d(3, affine: true, trackRunningStats: true),
        ["instancenorm3d"] = _ => new InstanceNorm3d(2, affine: true),
        ["embedding"] = rng => new Embedding(7, 4, rng),
        ["embedding-padding"] = rng => new Embedding(7, 4, rng, paddingIndex: 2),
        ["maxpool1d"] = _ => new MaxPool1d(3, stride: 2, padding: 1),
        ["maxpool2d"] = _ => new MaxPool2d(2),
        ["maxpool2d-dilated"] = _ => new MaxPool2d(3, stride: 2, padding: 1, dilation: 2, ceilMode: true),
        ["maxpool3d"] = _ => new MaxPool3d(2, stride: 3, padding: 1, dilation: 2, ceilMode: true),
        ["avgpool1d"] = _ => new AvgPool1d(4, stride: 3, padding: 1, ceilMode: true, countIncludePad: false),
        ["avgpool2d"] = _ => new AvgPool2d(3, stride: 2, padding: 1),
        ["avgpool2d-exclude"] = _ => new AvgPool2d(3, stride: 2, padding: 1, countIncludePad: false, ceilMode: true),
        ["avgpool3d"] = _ => new AvgPool3d(2, stride: 3, padding: 1, ceilMode: true, countIncludePad: false),
        ["adaptiveavgpool1d"] = _ => new AdaptiveAvgPool1d(3),
        ["adaptiveavgpool2d"] = _ => new AdaptiveAvgPool2d((3, 2)),
        ["adaptivemaxpool1d"] = _ => new AdaptiveMaxPool1d(3),
        ["adaptivemaxpool2d"] = _ => new AdaptiveMaxPool2d((3, 2)),
        ["upsample-nearest1d"] = _ => new Upsample(2),
        ["upsample-nearest"] = _ => new Upsample(2),
        ["upsample-nearest3d"] = _ => new Upsample(2),
        ["upsample-linear"] = _ => new Upsample(2, UpsampleMode.Linear),
        ["upsample-bilinear"] = _ => new Upsample(2, UpsampleMode.Bilinear),
        ["upsample-bilinear-corners"] = _ => new Upsample(2, UpsampleMode.Bilinear, alignCorners: true),
        ["upsample-bilinear-fraction"] = _ => new Upsample(1.7, UpsampleMode.Bilinear),
        ["upsample-nearest-fraction"] = _ => new Upsample(1.7),
        ["upsample-linear-corners"] = _ => new Upsample(2, UpsampleMode.Linear, alignCorners: true),
        ["upsample-bicubic-corners"] = _ => new Upsample(2, UpsampleMode.Bicubic, alignCorners: true),
        ["upsample-bicubic"] = _ => new Upsample(2, UpsampleMode.Bicubic),
        ["upsample-trilinear"] = _ => new Upsample(2, UpsampleMode.Trilinear),
        ["upsample-size"] = _ => new Upsample([7, 5]),
        ["pixelshuffle"] = _ => new PixelShuffle(2),
        ["pixelunshuffle"] = _ => new PixelUnshuffle(2),
        ["flatten"] = _ => new Flatten(),
        ["unflatten"] = _ => new Unflatten(1, 3, 4),
        ["reflectionpad2d"] = _ => new ReflectionPad2d(new Edges2(1, 2, 2, 1)),
        ["replicationpad2d"] = _ => new ReplicationPad2d(2),
        ["zeropad2d"] = _ => new ZeroPad2d(new Edges2(1, 0, 2, 1)),
        ["act-relu"] = _ => new Relu(),
        ["act-leakyrelu"] = _ => new LeakyRelu(0.2),
        ["act-prelu"] = _ => new Prelu(3),
        ["act-elu"] = _ => new Elu(0.7),
        ["act-selu"] = _ => new Selu(),
        ["act-celu"] = _ => new Celu(1.3),
        ["act-gelu"] = _ => new Gelu(),
        ["act-gelu-tanh"] = _ => new Gelu(tanh: true),
        ["act-silu"] = _ => new Silu(),
        ["act-mish"] = _ => new Mish(),
        ["act-softplus"] = _ => new Softplus(2, 5),
        ["act-softsign"] = _ => new Softsign(),
        ["act-sigmoid"] = _ => new Sigmoid(),
        ["act-logsigmoid"] = _ => new LogSigmoid(),
        ["act-hardsigmoid"] = _ => new Hardsigmoid(),
        ["act-hardswish"] = _ => new Hardswish(),
        ["act-hardtanh"] = _ => new Hardtanh(-2, 1),
        ["act-relu6"] = _ => new Relu6(),
        ["act-tanh"] = _ => new Tanh(),
        ["act-softmax"] = _ => new Softmax(1),
        ["act-logsoftmax"] = _ => new LogSoftmax(),
        ["act-glu"] = _ => new Glu(0),
        ["maxout"] = rng => new Maxout(5, 4, 3, rng),
        ["sequential"] = rng => new Sequential(new Linear(5, 4, rng), new Tanh(), null, new Linear(4, 2, rng)),
    };

    /// <summary>Layers with states or conditions: the module, and how it is called.</summary>
    public static readonly Dictionary<string, Func<Rng, (Module, Func<Tensor[], Tensor[]>)>> Several = new()
    {
        ["conditional-batchnorm2d"] = Conditional,
        ["conditional-batchnorm2d-eval"] = Conditional,
        ["rnncell"] = rng => Cell(new RnnCell(4, 3, rng)),
        ["rnncell-relu"] = rng => Cell(new RnnCell(4, 3, rng, nonlinearity: RnnNonlinearity.Relu)),
        ["grucell"] = rng => Cell(new GruCell(4, 3, rng)),
        ["lstmcell"] = rng => Cell(new LstmCell(4, 3, rng)),
        ["lstmcell-zero"] = rng => Cell(new LstmCell(4, 3, rng, bias: false)),
        ["rnn"] = rng => Stack(new Rnn(4, 3, rng)),
        ["rnn-relu-2"] = rng => Stack(new Rnn(4, 3, rng, Two with { Bias = false }, RnnNonlinearity.Relu)),
        ["gru"] = rng => Stack(new Gru(4, 3, rng)),
        ["gru-2-bidirectional"] = rng => Stack(new Gru(4, 3, rng, TwoBoth)),
        ["lstm"] = rng => Stack(new Lstm(4, 3, rng)),
        ["lstm-2-bidirectional"] = rng => Stack(new Lstm(4, 3, rng, TwoBoth with { BatchFirst = true })),
        ["lstm-projected"] = rng => Stack(new Lstm(4, 5, rng, Two, projectedSize: 3)),
    };

    private static (Module, Func<Tensor[], Tensor[]>) Conditional(Rng rng)
    {
        var layer = new ConditionalBatchNorm2d(3, new Linear(2, 3, rng, bias: false), new Linear(2, 3, rng));
        return (layer, x => [layer.Call((x[0], x[1]))]);
    }

    private static (Module, Func<Tensor[], Tensor[]>) Cell(Module<(Tensor, Tensor?), Tensor> cell) =>
        (cell, x => [cell.Call((x[0], x.ElementAtOrDefault(1)))]);

    private static (Module, Func<Tensor[], Tensor[]>) Cell(LstmCell cell) => (cell, x =>
    {
        var (h, c) = x.Length == 1 ? cell.Call(x[0]) : cell.Call(x[0], (x[1], x[2]));
        return [h, c];
    }
    );

    private static (Module, Func<Tensor[], Tensor[]>) Stack(HiddenRecurrent layer) => (layer, x =>
    {
        var (output, hidden) = layer.Call(x[0], x.ElementAtOrDefault(1));
        return [output, hidden];
    }
    );

    private static (Module, Func<Tensor[], Tensor[]>) Stack(Lstm layer) => (layer, x =>
    {
        var (output, h, c) = layer.Call(x[0], x.Length == 1 ? null : (x[1], x[2]));
        return [output, h, c];
    }
    );
}
