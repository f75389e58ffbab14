namespace Figment.Torch.Tests.Operators;

internal sealed partial class OperatorTable
{
    private static Tensor One(params ReadOnlySpan<long> shape) => Tensor.Ones(shape, DType.Float64);

    private static Tensor Zero(params ReadOnlySpan<long> shape) => Tensor.Zeros(shape, DType.Float64);

    private void Layers()
    {
        Is("linear", () => Ops.Linear(V(1, 2), M(2, 1, 0, 3, 1), V(10, 20)), 11, 25);
        Is("conv1d", () => Ops.Conv1d(N(1, 1, 4), One(1, 1, 2), V(1), stride: [2]), 2, 6);
        Is("conv2d", () => Ops.Conv2d(N(1, 1, 3, 3), One(1, 1, 2, 2), padding: [0], dilation: [2]), 0 + 2 + 6 + 8);
        Is("conv3d", () => Ops.Conv3d(One(1, 1, 2, 2, 2), One(1, 1, 2, 2, 2)), 8);
        Is("conv_transpose1d", () => Ops.ConvTranspose1d(V(1, 2).Reshape(1, 1, 2), One(1, 1, 2)), 1, 3, 2);
        Is("conv_transpose2d.input", () =>
            Ops.ConvTranspose2d(V(3).Reshape(1, 1, 1, 1), N(1, 1, 2, 2), V(1), stride: [2]), 1, 4, 7, 10);
        Is("conv_transpose3d.input", () =>
            Ops.ConvTranspose3d(V(3).Reshape(1, 1, 1, 1, 1), N(1, 1, 1, 2, 2)), 0, 3, 6, 9);
        Is("batch_norm", () =>
            Ops.BatchNorm(M(2, 1, 5, 3, 9), true, 0.1, 0, weight: V(1, 2), bias: V(0, 1)), -1, -1, 1, 3);
        Is("layer_norm", () => Ops.LayerNorm(M(2, 1, 3, 5, 9), [2], V(2, 2), V(1, 1), 0), -1, 3, -1, 3);
        Is("group_norm", () => Ops.GroupNorm(M(1, 1, 3, 5, 9), 2, eps: 0), -1, 1, -1, 1);
        Is("instance_norm", () => Ops.InstanceNorm(N(1, 2, 2), true, 0.1, 0), -1, 1, -1, 1);
        Is("embedding", () => Ops.Embedding(N(3, 2), I(2, 0)), 4, 5, 0, 1);
        Is("grid_sampler", () => Ops.GridSampler(N(1, 1, 2, 2), Zero(1, 1, 1, 2), 0, 0, true), 1.5);
        Is("affine_grid_generator", () =>
            Ops.AffineGridGenerator(Ops.Eye(2, 3, DType.Float64).Unsqueeze(0), [1, 1, 1, 2], true), -1, 0, 1, 0);

        // With all weights zero, gates are sigmoid(0) = 1/2 and candidates tanh(0) = 0.
        Is("lstm.input", () =>
            Ops.Lstm(One(1, 1, 2), [One(1, 1, 1), One(1, 1, 1)], [Zero(4, 2), Zero(4, 1)], false, 1, false, false,
            true),
            Math.Tanh(0.5) / 2, Math.Tanh(0.5) / 2, 0.5);
        Is("figment::lstm_layer", () =>
            Ops.LstmLayer(One(1, 1, 2), One(1, 1), One(1, 1), Zero(4, 2), Zero(4, 1)),
            Math.Tanh(0.5) / 2, Math.Tanh(0.5) / 2, 0.5);
        Is("gru.input", () =>
            Ops.Gru(One(1, 1, 2), One(1, 1, 1), [Zero(3, 2), Zero(3, 1)], false, 1, false, false, true), 0.5, 0.5);
        Is("rnn_tanh.input", () =>
            Ops.RnnTanh(One(1, 1, 2), One(1, 1, 1), [One(1, 2), One(1, 1)], false, 1, false, false, true),
            Math.Tanh(3), Math.Tanh(3));
        Is("rnn_relu.input", () =>
            Ops.RnnRelu(One(1, 1, 2), One(1, 1, 1), [One(1, 2), One(1, 1)], false, 1, false, false, true), 3, 3);
        Is("lstm_cell", () =>
            Ops.LstmCell(One(1, 2), [One(1, 1), One(1, 1)], Zero(4, 2), Zero(4, 1)), Math.Tanh(0.5) / 2, 0.5);
        Is("gru_cell", () => Ops.GruCell(One(1, 2), One(1, 1), Zero(3, 2), Zero(3, 1)), 0.5);
        Is("rnn_tanh_cell", () => Ops.RnnTanhCell(One(1, 2), One(1, 1), One(1, 2), One(1, 1)), Math.Tanh(3));
        Is("rnn_relu_cell", () => Ops.RnnReluCell(One(1, 2), One(1, 1), One(1, 2), One(1, 1)), 3);
        Is("cosine_similarity", () => Ops.CosineSimilarity(M(1, 1, 0), M(1, 1, 1)), Math.Sqrt(0.5));
        Is("pairwise_distance", () => Ops.PairwiseDistance(M(1, 0, 0), M(1, 3, 4), eps: 0), 5);
    }

    private void Pools()
    {
        Is("max_pool1d", () => N(1, 1, 4).MaxPool1d([2]), 1, 3);
        Is("max_pool2d", () => N(1, 1, 2, 4).MaxPool2d([2, 2], [1, 2]), 5, 7);
        Is("max_pool3d", () => N(1, 1, 2, 2, 2).MaxPool3d([2]), 7);
        Is("avg_pool1d", () => N(1, 1, 4).AvgPool1d([2]), 0.5, 2.5);
        Is("avg_pool2d", () => N(1, 1, 2, 4).AvgPool2d([2]), 2.5, 4.5);
        Is("avg_pool3d", () => N(1, 1, 2, 2, 2).AvgPool3d([2]), 3.5);
        Is("adaptive_avg_pool1d", () => N(1, 1, 4).AdaptiveAvgPool1d(1), 1.5);
        Is("adaptive_avg_pool2d", () => N(1, 1, 2, 4).AdaptiveAvgPool2d(1, 2), 2.5, 4.5);
        Is("adaptive_avg_pool3d", () => N(1, 1, 2, 2, 2).AdaptiveAvgPool3d(1, 1, 1), 3.5);
        Is("adaptive_max_pool2d", () => N(1, 1, 2, 4).AdaptiveMaxPool2d(1, 2), 5, 7, 5, 7);
        Is("upsample_nearest1d", () => N(1, 1, 2).UpsampleNearest1d([4]), 0, 0, 1, 1);
        Is("upsample_nearest2d", () => N(1, 1, 1, 2).UpsampleNearest2d([2, 4]), 0, 0, 1, 1, 0, 0, 1, 1);
        Is("upsample_nearest3d", () => N(1, 1, 1, 1, 2).UpsampleNearest3d([1, 1, 4]), 0, 0, 1, 1);
        Is("upsample_linear1d", () => N(1, 1, 2).UpsampleLinear1d([3], alignCorners: true), 0, 0.5, 1);
        Is("upsample_bilinear2d", () =>
            N(1, 1, 2, 2).UpsampleBilinear2d([3, 3], alignCorners: true), 0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3);
        Is("upsample_bicubic2d", () => One(1, 1, 2, 2).UpsampleBicubic2d([1, 3], alignCorners: true), 1, 1, 1);
        Is("upsample_trilinear3d", () =>
            N(1, 1, 1, 1, 2).UpsampleTrilinear3d([1, 1, 3], alignCorners: true), 0, 0.5, 1);
    }

    private void Losses()
    {
        Is("binary_cross_entropy", () =>
            V(0.5, 0.25).BinaryCrossEntropy(V(1, 0), reduction: Reduction.None), Math.Log(2), -Math.Log(0.75));
        Is("binary_cross_entropy_with_logits", () =>
            V(0, 0).BinaryCrossEntropyWithLogits(V(1, 0), reduction: Reduction.Sum), 2 * Math.Log(2));
        Is("figment::cross_entropy", () =>
            M(2, 0, 0, 0, Math.Log(3)).CrossEntropy(I(0, 1)), (Math.Log(2) - Math.Log(0.75)) / 2);
        Is("nll_loss", () => M(2, -1, -2, -3, -4).NllLoss(I(0, 1), V(1, 3)), (1 + 12) / 4.0);
        Is("nll_loss2d", () => (-N(1, 2, 1, 2)).NllLoss2d(I(0, 1).Reshape(1, 1, 2)), (0 + 3) / 2.0);
        Is("mse_loss", () => V(1, 2).MseLoss(V(3, 5)), 6.5);
        Is("l1_loss", () => V(1, 2).L1Loss(V(3, 5), Reduction.Sum), 5);
        Is("smooth_l1_loss", () => V(0, 0).SmoothL1Loss(V(0.5, 3), Reduction.None), 0.125, 2.5);
        Is("huber_loss", () => V(0, 0).HuberLoss(V(1, 3), Reduction.None, delta: 2), 0.5, 4);
        Is("figment::bernoulli_log_likelihood", () => Ops.BernoulliLogLikelihood(M(2, 0, 1, 2, -3), M(2, 1, 0.5, 0, 1), 1),
            -Math.Log(2) + 0.5 - Math.Log(1 + Math.E), -Math.Log(1 + Math.Exp(2)) - 3 - Math.Log(1 + Math.Exp(-3)));
        Is("addmv", () => V(1, 2).Addmv(M(2, 1, 2, 3, 4), V(5, 6), alpha: 2), 1 + 34, 2 + 78);
        Is("figment::gated_tanh", () => Ops.GatedTanh(V(Math.Log(3), Math.Log(2), 0, Math.Log(3)), 0), 0.4, 0.45);
        Is("figment::gelu_linear", () => Ops.GeluLinear(M(1, 1, -1), M(1, 2, 3), V(5)), 5 + 2 * 0.8413447461 - 3 * 0.1586552539);
        Is("figment::average_pool2d", () => Ops.AveragePool2d(N(1, 1, 2, 4), [2, 2], [2, 2]), 2.5, 4.5);
        Is("figment::convolve2d", () => Ops.Convolve2d(N(1, 1, 2, 2), N(1, 1, 2, 2), V(1), [2, 2], [1, 1]), 1, 3, 3, 1);
        Is("figment::rectify", () => V(-2, 0, 3).Rectify(0.25), -0.5, 0, 3);
        Is("figment::rectify_", () => V(-2, 0, 3).RectifyInPlace(0.25), -0.5, 0, 3);
        Is("figment::mirror_edges", () => Ops.MirrorEdges(V(1, 2, 3).Reshape(1, 1, 1, 3), [2, 1, 0, 0]), 3, 2, 1, 2, 3, 2);
        Is("figment::normalize_instances", () => Ops.NormalizeInstances(M(2, 1, 3, 5, 5).Reshape(1, 2, 2), V(2, 3), V(1, 4), eps: 3),
            0, 2, 4, 4);
        Is("figment::transposed_conv2d", () => Ops.TransposedConv2d(
            V(3).Reshape(1, 1, 1, 1), N(1, 1, 2, 2), [2, 2], [0, 0], [0, 0], [1, 1], V(1)), 1, 4, 7, 10);
        Is("figment::nade_logits", () => Ops.NadeLogits(M(1, 1, 0.5), M(2, Math.Log(3), 7), M(1, 0), M(2, 2, 4)), 1, 3);
        var seen = ((2 * Math.E) + (3 / Math.E)) / (Math.E + (1 / Math.E)); // weights e and 1/e on values 2 and 3
        Is("figment::self_attention", () =>
            Ops.SelfAttention(V(0.5, 1, 2, 1, -1, 3).Reshape(1, 2, 3), 1, causal: true), 2, seen);
        Is("figment::cross_attention", () =>
            Ops.CrossAttention(V(1).Reshape(1, 1, 1), V(1, 2, -1, 3).Reshape(1, 2, 2), 1), seen);
        Is("kl_div", () =>
            V(Math.Log(0.25), Math.Log(0.75)).KlDiv(V(0.5, 0.5), Reduction.Sum),
            Math.Log(0.5) - 0.5 * Math.Log(0.25 * 0.75));
        Is("hinge_embedding_loss", () => V(0.3, 0.4).HingeEmbeddingLoss(V(1, -1), reduction: Reduction.None), 0.3, 0.6);
        Is("soft_margin_loss", () => V(0, 0).SoftMarginLoss(V(1, -1)), Math.Log(2));
        Is("triplet_margin_loss", () => Ops.TripletMarginLoss(M(1, 0, 0), M(1, 3, 4), M(1, 1, 0), eps: 0), 5);
        Is("cosine_embedding_loss", () => Ops.CosineEmbeddingLoss(M(1, 1, 0), M(1, 0, 1), V(1)), 1);
        Is("ctc_loss.Tensor", () =>
            Ops.CtcLoss(Tensor.Full([2, 1, 2], Math.Log(0.5), DType.Float64), I(1).Reshape(1, 1), I(2), I(1),
            reduction: Reduction.Sum),
            -Math.Log(0.75));

        Is("_foreach_add_.List", () =>
            InPlace([V(1), V(2, 3)], x => Ops.ForeachAddInPlace(x, [V(10), V(20, 30)], alpha: 2)), 21, 42, 63);
        Is("_foreach_mul_.Scalar", () => InPlace([V(1), V(2, 3)], x => Ops.ForeachMulInPlace(x, 3)), 3, 6, 9);
        Is("_foreach_norm.Scalar", () => Ops.ForeachNorm([V(3, 4), V(-2)]), 5, 2);

        static Tensor[] InPlace(Tensor[] x, Action<Tensor[]> change)
        {
            change(x);
            return x;
        }
    }
}
