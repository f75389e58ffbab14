namespace Figment.Torch.Tests.Gradients;

internal sealed partial class DifferentiableTable
{
    private void Layers()
    {
        Argument x1 = new([1, 2, 6], [8, 16, 256]), x2 = new([1, 2, 4, 5], [8, 16, 24, 24]),
            x3 = new([1, 2, 3, 3, 3], [2, 8, 12, 12, 12]);
        Argument Kernel(params long[] small) => new(small, [8, small[1] == 2 ? 16 : 8, .. small[2..]]);
        Argument bias = new([3], [8]);
        Add("linear", x =>
            Ops.Linear(x[0], x[1], x[2]), new([2, 3], [128, 256]), new([2, 3], [64, 256]), new([2], [64]));
        Add("conv1d", x => Ops.Conv1d(x[0], x[1], x[2], padding: [1]), x1, Kernel(3, 2, 3), bias);
        Add("conv2d", x => Ops.Conv2d(x[0], x[1], x[2], stride: [2, 1], padding: [1, 1]), x2, Kernel(3, 2, 3, 3), bias);
        Add("conv3d", x => Ops.Conv3d(x[0], x[1], x[2], padding: [1]), x3, new([3, 2, 2, 2, 2], [8, 8, 2, 2, 2]), bias);
        Add("conv_transpose1d", x =>
            Ops.ConvTranspose1d(x[0], x[1], x[2], stride: [2]), x1, new([2, 3, 3], [16, 8, 3]), bias);
        Add("conv_transpose2d.input", x =>
            Ops.ConvTranspose2d(x[0], x[1], x[2], stride: [2, 2], padding: [1, 1]), x2,
            new([2, 3, 4, 4], [16, 8, 4, 4]), bias);
        Add("figment::gated_tanh", x => Ops.GatedTanh(x[0], 1), new Argument([2, 4], [128, 256]));
        Add("figment::convolve2d", x => Ops.Convolve2d(x[0], x[1], x[2], [2, 1], [1, 2], [1, 2]), x2, Kernel(3, 2, 3, 3), bias);
        Add("figment::average_pool2d", x => Ops.AveragePool2d(x[0], [3, 2], [2, 2], [1, 1], true, false), x2);
        Add("figment::gelu_linear", x =>
            Ops.GeluLinear(x[0], x[1], x[2]), new([2, 3], [128, 256]), new([2, 3], [64, 256]), new([2], [64]));
        Add("figment::rectify", x => x[0].Rectify(0.2), x2);
        Add("figment::rectify_", x => (x[0] * 2).RectifyInPlace(0.2), x2);
        Add("figment::mirror_edges", x => Ops.MirrorEdges(x[0], [1, 2, 2, 1]), x2);
        Add("figment::normalize_instances", x => Ops.NormalizeInstances(x[0], x[1], x[2]), x2, new([2], [16]), new([2], [16]));
        Add("figment::transposed_conv2d", x =>
            Ops.TransposedConv2d(x[0], x[1], [2, 2], [1, 1], [0, 0], [1, 1], x[2]), x2,
            new([2, 3, 4, 4], [16, 8, 4, 4]), bias);
        Add("conv_transpose3d.input", x =>
            Ops.ConvTranspose3d(x[0], x[1], x[2]), x3, new([2, 3, 2, 2, 2], [8, 8, 2, 2, 2]), bias);

        Argument rows = new([4, 3], [512, 256]), scale = new([3], [256], 0.5, 1.5), shift = new([3], [256]);
        Add("batch_norm", x => Ops.BatchNorm(x[0], true, 0.1, 1e-5, x[1], x[2]), rows, scale, shift);
        Add("layer_norm", x => Ops.LayerNorm(x[0], [x[0].Size(1)], x[1], x[2]), rows, scale, shift);
        Add("group_norm", x =>
            Ops.GroupNorm(x[0], 2, x[1], x[2]), new([2, 4, 3], [16, 64, 256]), new([4], [64]), new([4], [64]));
        Add("instance_norm", x =>
            Ops.InstanceNorm(x[0], true, 0.1, 1e-5, x[1], x[2]), new([2, 3, 4], [16, 64, 256]), new([3], [64]),
            new([3], [64]));
        AddOnce("grid_sampler", x =>
            Ops.GridSampler(x[0], x[1], 0, 0, false), Picture, new([1, 3, 3, 2], [8, 32, 32, 2], -0.9, 0.9));
        One("affine_grid_generator", x =>
            Ops.AffineGridGenerator(x, [x.Size(0), 1, 8, 8], false), new([1, 2, 3], [64, 2, 3]));

        // (B, T, C) with C = 2 inputs, 2 units; small enough that the order of gates shows in the gradient
        Argument sequence = new([2, 3, 2], [64, 16, 64]), state = new([1, 2, 2], [1, 64, 64]),
            one2 = new([3, 2], [16, 64]);
        Argument Weights(long gates) => new([gates * 2, 2], [gates * 64, 64], -0.5, 0.5);
        Add("lstm.input", x =>
            Ops.Lstm(x[0], [x[1], x[1]], [x[2], x[3]], false, 1, true, false, true) is var (y, _, c) ? Join(y, c)
            : x[0],
            sequence, state, Weights(4), Weights(4));
        Add("figment::lstm_layer", x =>
            Ops.LstmLayer(x[0], x[1], x[2], x[3], x[4]) is var (y, _, c) ? Join(y, c) : x[0],
            sequence, one2, one2, Weights(4), Weights(4));
        Add("gru.input", x =>
            Ops.Gru(x[0], x[1], [x[2], x[3]], false, 1, true, false, true).Output, sequence, state, Weights(3),
            Weights(3));
        Add("rnn_tanh.input", x =>
            Ops.RnnTanh(x[0], x[1], [x[2], x[3]], false, 1, true, false, true).Output, sequence, state, Weights(1),
            Weights(1));
        Add("rnn_relu.input", x =>
            Ops.RnnRelu(x[0], x[1], [x[2], x[3]], false, 1, true, false, true).Output, sequence, state, Weights(1),
            Weights(1));
        Argument one = new([2, 2], [512, 64]);
        Add("lstm_cell", x =>
            Ops.LstmCell(x[0], [x[1], x[1]], x[2], x[3]) is var (h, c) ? h * c : x[0], one, one, Weights(4),
            Weights(4));
        Add("gru_cell", x => Ops.GruCell(x[0], x[1], x[2], x[3]), one, one, Weights(3), Weights(3));
        Add("rnn_tanh_cell", x => Ops.RnnTanhCell(x[0], x[1], x[2], x[3]), one, one, Weights(1), Weights(1));
        Add("rnn_relu_cell", x => Ops.RnnReluCell(x[0], x[1], x[2], x[3]), one, one, Weights(1), Weights(1));
        Two("cosine_similarity", (a, b) => Ops.CosineSimilarity(a, b));
        Two("pairwise_distance", (a, b) => Ops.PairwiseDistance(a, b));
    }

    private void Resampling()
    {
        Argument line = new([1, 2, 6], [64, 32, 128]), cube = new([1, 1, 4, 4, 4], [4, 8, 16, 16, 16]);
        One("max_pool1d", x => x.MaxPool1d([3], [1]), line);
        One("max_pool2d", x => x.MaxPool2d([3, 3], [1, 1]), Picture);
        One("max_pool3d", x => x.MaxPool3d([2], [2]), cube);
        One("avg_pool1d", x => x.AvgPool1d([3], [1]), line);
        One("avg_pool2d", x => x.AvgPool2d([3, 3], [1, 1], [1, 1]), Picture);
        One("avg_pool3d", x => x.AvgPool3d([2], [1]), cube);
        One("adaptive_avg_pool1d", x => x.AdaptiveAvgPool1d(4), line);
        One("adaptive_avg_pool2d", x => x.AdaptiveAvgPool2d(3, 2), Picture);
        One("adaptive_avg_pool3d", x => x.AdaptiveAvgPool3d(2, 3, 2), cube);
        One("adaptive_max_pool2d", x => x.AdaptiveMaxPool2d(3, 2).Values, Picture);
        One("upsample_nearest1d", x => x.UpsampleNearest1d([2 * x.Size(2)]), line);
        One("upsample_nearest2d", x => x.UpsampleNearest2d([2 * x.Size(2), 2 * x.Size(3)]), Picture);
        One("upsample_nearest3d", x => x.UpsampleNearest3d([8, 8, 8]), cube);
        One("upsample_linear1d", x => x.UpsampleLinear1d([2 * x.Size(2)], false), line);
        One("upsample_bilinear2d", x => x.UpsampleBilinear2d([2 * x.Size(2), 7], false), Picture);
        One("upsample_bicubic2d", x => x.UpsampleBicubic2d([2 * x.Size(2), 7], true), Picture);
        One("upsample_trilinear3d", x => x.UpsampleTrilinear3d([6, 7, 8], false), cube);
    }

    private void Losses()
    {
        Argument probability = E.In(0.1, 0.9), logits = new([4, 3], [2048, 64]),
            map = new([1, 3, 2, 2], [8, 16, 32, 32]);
        One("binary_cross_entropy", x => x.BinaryCrossEntropy(Target(x)), probability);
        One("binary_cross_entropy_with_logits", x => x.BinaryCrossEntropyWithLogits(Target(x)));
        One("figment::cross_entropy", x => x.CrossEntropy(Positions(x.Size(0), x.Size(1)), labelSmoothing: 0.1), logits);
        One("nll_loss", x => x.NllLoss(Positions(x.Size(0), x.Size(1))), logits);
        One("nll_loss2d", x =>
            x.NllLoss2d(Positions(x.Count / x.Size(1), x.Size(1)).Reshape(x.Size(0), x.Size(2), x.Size(3))), map);
        Two("mse_loss", (a, b) => a.MseLoss(b));
        Two("l1_loss", (a, b) => a.L1Loss(b));
        Two("figment::bernoulli_log_likelihood", (a, b) => Ops.BernoulliLogLikelihood(a, b, 1));
        Add("figment::nade_logits", x => Ops.NadeLogits(x[0], x[1], x[2], x[3]), new([2, 4], [64, 40]), new([4, 3], [40, 33]),
            new([2, 3], [64, 33]), new([4, 3], [40, 33]));
        One("figment::self_attention", x => Ops.SelfAttention(x, 2, causal: true), new([2, 3, 12], [16, 96, 96]));
        Add("figment::cross_attention", x =>
            Ops.CrossAttention(x[0], x[1], 2), new([2, 3, 4], [16, 96, 32]), new([2, 2, 8], [16, 80, 64]));
        Two("smooth_l1_loss", (a, b) => a.SmoothL1Loss(b));
        Two("huber_loss", (a, b) => a.HuberLoss(b, delta: 0.7));
        Two("kl_div", (a, b) => a.KlDiv(b), E, probability);
        One("hinge_embedding_loss", x => x.HingeEmbeddingLoss(x.Detach().Sign()));
        One("soft_margin_loss", x => x.SoftMarginLoss(x.Detach().Sign()));
        Add("triplet_margin_loss", x => Ops.TripletMarginLoss(x[0], x[1], x[2]), E, E, E);
        Two("cosine_embedding_loss", (a, b) => Ops.CosineEmbeddingLoss(a, b, Tensor.Ones([a.Size(0)])));
        AddOnce("ctc_loss.Tensor", x =>
            Ops.CtcLoss(x[0].LogSoftmax(2),
            Positions(2 * x[0].Size(1), x[0].Size(2) - 1).Add(1).Reshape(x[0].Size(1), 2),
            Tensor.Full([x[0].Size(1)], x[0].Size(0), DType.Int64), Tensor.Full([x[0].Size(1)], 2, DType.Int64)),
                new Argument([6, 2, 3], [16, 64, 32]));

        static Tensor Target(Tensor x) => Positions(x.Count, 3).Mul(0.5).Reshape(x.Shape).To(x.DType);
    }
}
