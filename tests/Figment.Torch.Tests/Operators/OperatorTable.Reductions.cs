namespace Figment.Torch.Tests.Operators;

internal sealed partial class OperatorTable
{
    private void Reductions()
    {
        Is("sum", () => N(2, 3).Sum(), 15);
        Is("sum.dim_IntList", () => N(2, 3).Sum([1], keepdim: true), 3, 12);
        Is("mean", () => N(2, 3).Mean(), 2.5);
        Is("mean.dim", () => N(2, 3).Mean(0), 1.5, 2.5, 3.5);
        Is("prod", () => V(2, 3, 4).Prod(), 24);
        Is("prod.dim_int", () => M(2, 2, 3, 4, 5).Prod(1), 6, 20);
        Is("amax", () => N(2, 3).Amax([0]), 3, 4, 5);
        Is("amin", () => N(2, 3).Amin([1]), 0, 3);
        Is("aminmax", () => N(2, 3).Aminmax(dim: 1), 0, 3, 2, 5);
        Is("max", () => N(2, 3).Max(), 5);
        Is("max.dim", () => M(2, 1, 9, 7, 3).Max(1), 9, 7, 1, 0);
        Is("min", () => N(2, 3).Min(), 0);
        Is("min.dim", () => M(2, 1, 9, 7, 3).Min(1), 1, 3, 0, 1);
        Is("argmax", () => M(2, 1, 9, 7, 3).ArgMax(1), 1, 0);
        Is("argmin", () => V(5, 2, 3).ArgMin(), 1);
        Is("median", () => V(5, 2, 3, 9).Median(), 3);
        Is("median.dim", () => M(2, 5, 2, 3, 7, 9, 8).Median(1), 3, 8, 2, 2);
        Is("var.dim", () => M(2, 1, 3, 2, 8).Var(1), 2, 18);
        Is("std.dim", () => M(2, 1, 3, 2, 8).Std(1, unbiased: false), 1, 3);
        Is("var_mean.dim", () => M(2, 1, 3, 2, 8).VarMean(1), 2, 18, 2, 5);
        Is("std_mean.dim", () => M(2, 1, 3, 2, 8).StdMean(1, unbiased: false), 1, 3, 2, 5);
        Is("norm.Scalar", () => V(3, -4).Norm(1), 7);
        Is("norm.ScalarOpt_dim", () => M(2, 3, 4, 5, 12).Norm([1], 2), 5, 13);
        Is("logsumexp", () => V(0, 0, 0, 0).LogSumExp(0), Math.Log(4));
        Is("logcumsumexp", () => V(0, 0, 0).LogCumSumExp(0), 0, Math.Log(2), Math.Log(3));
        Is("cumsum", () => V(1, 2, 3).CumSum(0), 1, 3, 6);
        Is("cumprod", () => V(1, 2, 3).CumProd(0), 1, 2, 6);
        Is("cummax", () => V(1, 3, 2).CumMax(0), 1, 3, 3, 0, 1, 1);
        Is("count_nonzero", () => M(2, 0, 1, 2, 3).CountNonzero(1), 1, 2);
        Is("sort", () => V(3, 1, 2).Sort(descending: true), 3, 2, 1, 0, 2, 1);
        Is("argsort", () => V(3, 1, 2).ArgSort(), 1, 2, 0);
        Is("topk", () => V(3, 1, 2).TopK(2), 3, 2, 0, 2);
        Is("kthvalue", () => V(3, 1, 2).Kthvalue(2), 2, 2);
        Is("quantile", () => V(0, 1, 2, 3, 4).Quantile(V(0.25, 0.5)), 1, 2);
        Is("quantile.scalar", () => V(0, 1, 2, 3).Quantile(0.5, interpolation: "lower"), 1);
        Is("histc", () => V(0, 0.1, 0.9, 1).Histc(2, 0, 1), 2, 2);
        Is("bincount", () => I(0, 2, 2).BinCount(minlength: 4), 1, 0, 2, 0);
        Is("searchsorted.Tensor", () => Ops.SearchSorted(V(1, 3, 5), V(0, 3, 9)), 0, 1, 3);
        Is("bucketize.Tensor", () => V(0, 3, 9).Bucketize(V(1, 3, 5), right: true), 0, 2, 3);
        Is("unique_consecutive", () =>
            V(1, 1, 2, 1).UniqueConsecutive(returnInverse: true, returnCounts: true), 1, 2, 1, 0, 0, 1, 2, 2, 1, 1);
        Is("unique_dim", () =>
            M(3, 1, 2, 1, 2, 0, 0).UniqueDim(0, returnInverse: true, returnCounts: true), 0, 0, 1, 2, 1, 1, 0, 1, 2);
        Is("_unique2", () => V(3, 1, 3).Unique(returnInverse: true, returnCounts: true), 1, 3, 1, 0, 1, 1, 2);
        Is("diff", () => V(1, 4, 9).Diff(), 3, 5);
        Is("trapezoid.dx", () => Ops.Trapezoid(V(1, 2, 3), 2.0), 8);
        Is("logaddexp", () => V(0, 1).LogAddExp(V(0, 1)), Math.Log(2), 1 + Math.Log(2));
    }

    private void Shapes()
    {
        Holds("view", () => Shaped(N(2, 3).View(3, -1), 3, 2));
        Is("view.dtype", () => Tensor.From([1.0f], 1).View(DType.Int32), 0x3f800000);
        Holds("view_as", () => Shaped(N(2, 3).ViewAs(N(6)), 6));
        Is("reshape", () => N(2, 3).T().Reshape(6), 0, 3, 1, 4, 2, 5);
        Holds("reshape_as", () => Shaped(N(2, 3).ReshapeAs(N(3, 2)), 3, 2));
        Holds("flatten.using_ints", () => Shaped(N(2, 3, 4).Flatten(1), 2, 12));
        Is("permute", () => N(1, 2, 2).Permute(2, 1, 0), 0, 2, 1, 3);
        Is("transpose.int", () => N(2, 2).Transpose(0, 1), 0, 2, 1, 3);
        Is("t", () => N(2, 2).T(), 0, 2, 1, 3);
        Holds("swapaxes", () => Shaped(N(2, 3, 4).Swapaxes(0, 2), 4, 3, 2));
        Holds("movedim.intlist", () => Shaped(N(2, 3, 4).MoveDim([0], 2), 3, 4, 2));
        Holds("squeeze", () => Shaped(N(1, 2, 1).Squeeze(), 2));
        Holds("squeeze.dim", () => Shaped(N(1, 2, 1).Squeeze(-1), 1, 2));
        Holds("unsqueeze", () => Shaped(N(2).Unsqueeze(1), 2, 1));
        Is("expand", () => N(2, 1).Expand(2, 2), 0, 0, 1, 1);
        Is("expand_as", () => N(2, 1).ExpandAs(N(2, 2)), 0, 0, 1, 1);
        Is("broadcast_to", () => N(2).BroadcastTo(2, 2), 0, 1, 0, 1);
        Is("repeat", () => N(2).Repeat(2, 2), 0, 1, 0, 1, 0, 1, 0, 1);
        Is("repeat_interleave.self_int", () => N(2).RepeatInterleave(2), 0, 0, 1, 1);
        Is("repeat_interleave.self_Tensor", () => N(2).RepeatInterleave(I(1, 3)), 0, 1, 1, 1);
        Is("tile", () => N(2).Tile(2), 0, 1, 0, 1);
        Is("cat", () => Ops.Cat([N(1, 2), N(1, 1)], 1), 0, 1, 0);
        Is("stack", () => Ops.Stack([V(1, 2), V(3, 4)], 1), 1, 3, 2, 4);
        Holds("split.Tensor", () => N(5).Split(2) is [_, _, var last] && Shaped(last, 1));
        Holds("split_with_sizes", () => N(5).SplitWithSizes([1, 4]) is [var first, _] && Shaped(first, 1));
        Holds("chunk", () => N(5).Chunk(2) is [var first, _] && Shaped(first, 3));
        Holds("unbind.int", () => N(20, 2).Unbind() is { Length: 20 } rows && rows[19].ToArray<double>() is [38, 39]);
        Is("narrow", () => N(5).Narrow(0, 1, 2), 1, 2);
        Is("select.int", () => N(2, 2).Select(1, -1), 1, 3);
        Is("slice.Tensor", () => N(5).Slice(0, 1, null, 2), 1, 3);
        Is("unfold", () => N(4).Unfold(0, 2, 1), 0, 1, 1, 2, 2, 3);
        Is("diagonal", () => N(2, 2).Diagonal(), 0, 3);
        Is("flip", () => N(3).Flip(0), 2, 1, 0);
        Is("roll", () => N(3).Roll([1]), 2, 0, 1);
        Is("rot90", () => N(2, 2).Rot90(1, [0, 1]), 1, 3, 0, 2);
        Holds("contiguous", () => !N(2, 3).T().IsContiguous() && N(2, 3).T().Contiguous().IsContiguous());
        Is("clone", () => V(1, 2).Clone(), 1, 2);
        Holds("detach", () => { var x = V(1); x.RequiresGrad = true; return !(x * 2).Detach().RequiresGrad; });
        Is("constant_pad_nd", () => V(1).ConstantPadNd([1, 1], 7), 7, 1, 7);
        Is("pad", () => N(1, 3).Pad([1, 0], "replicate"), 0, 0, 1, 2);
        Is("reflection_pad1d", () => N(1, 3).ReflectionPad1d(1, 1), 1, 0, 1, 2, 1);
        Is("reflection_pad2d", () => N(1, 1, 2, 2).ReflectionPad2d(1, 0, 0, 0), 1, 0, 1, 3, 2, 3);
        Is("replication_pad2d", () => N(1, 1, 2, 2).ReplicationPad2d(1, 0, 0, 0), 0, 0, 1, 2, 2, 3);
        Is("pixel_shuffle", () => N(1, 4, 1, 1).PixelShuffle(2), 0, 1, 2, 3);
        Holds("pixel_unshuffle", () => Shaped(N(1, 1, 4, 4).PixelUnshuffle(2), 1, 4, 2, 2));
        Is("channel_shuffle", () => N(1, 4, 1, 1).ChannelShuffle(2), 0, 2, 1, 3);
        Is("im2col", () => N(1, 1, 2, 3).Im2col([2, 2], [1, 1], [0, 0], 1, 1), 0, 1, 1, 2, 3, 4, 4, 5);
        Is("col2im", () =>
            Tensor.Ones([1, 4, 2], DType.Float64).Col2im([2, 3], [2, 2], [1, 1], [0, 0], 1, 1), 1, 2, 1, 1, 2, 1);
        Is("meshgrid.indexing", () => Ops.Meshgrid([V(1, 2), V(3, 4)], "ij"), 1, 1, 2, 2, 3, 4, 3, 4);
        Is("as_strided", () => N(6).AsStrided([2, 2], [3, 1], 1), 1, 2, 4, 5);
        Is("tril", () => N(2, 2).Tril(), 0, 0, 2, 3);
        Is("triu", () => N(2, 2).Triu(1), 0, 1, 0, 0);
        Is("diag", () => V(1, 2).Diag(), 1, 0, 0, 2);
        Is("diag_embed", () => V(1, 2).DiagEmbed(), 1, 0, 0, 2);
        Is("trace", () => N(2, 2).Trace(), 3);
        Is("view_as_real", () => Ops.Complex(V(1), V(2)).ViewAsReal(), 1, 2);
        Is("view_as_complex", () => M(1, 1, 2).ViewAsComplex().Imag(), 2);
        Is("real", () => Ops.Complex(V(1), V(2)).Real(), 1);
        Is("imag", () => Ops.Complex(V(1), V(2)).Imag(), 2);
    }

    private void Indexing()
    {
        Is("index.Tensor", () => N(2, 3).Index([null, I(2, 0)]), 2, 0, 5, 3);
        Is("index_put", () => N(3).IndexPut([I(1, 1)], V(5, 6), accumulate: true), 0, 12, 2);
        Is("index_put_", () => N(3).IndexPutInPlace([B(true, false, true)], V(9)), 9, 1, 9);
        Is("index_select", () => N(2, 2).IndexSelect(1, I(1)), 1, 3);
        Is("index_add", () => N(3).IndexAdd(0, I(0, 0), V(1, 2), alpha: 2), 6, 1, 2);
        Is("index_add_", () => N(3).IndexAddInPlace(0, I(0, 0), V(1, 2)), 3, 1, 2);
        Is("index_fill.int_Scalar", () => N(3).IndexFill(0, I(1), 7), 0, 7, 2);
        Is("index_copy_", () => N(3).IndexCopyInPlace(0, I(1), V(7)), 0, 7, 2);
        Is("gather", () => N(2, 2).Gather(1, I(1, 0).Reshape(2, 1)), 1, 2);
        Is("scatter.src", () => N(3).Scatter(0, I(2, 0), V(8, 9)), 9, 1, 8);
        Is("scatter.value", () => N(3).Scatter(0, I(2), 8), 0, 1, 8);
        Is("scatter_.src", () => N(3).ScatterInPlace(0, I(2, 0), V(8, 9)), 9, 1, 8);
        Is("scatter_.value", () => N(3).ScatterInPlace(0, I(2), 8), 0, 1, 8);
        Is("scatter_add", () => N(3).ScatterAdd(0, I(2, 2), V(8, 9)), 0, 1, 19);
        Is("scatter_add_", () => N(3).ScatterAddInPlace(0, I(2, 2), V(8, 9)), 0, 1, 19);
        Is("scatter_reduce.two", () => N(3).ScatterReduce(0, I(2, 2), V(8, 9), "amax"), 0, 1, 9);
        Is("masked_fill.Scalar", () => N(3).MaskedFill(B(true, false, true), 7), 7, 1, 7);
        Is("masked_fill.Tensor", () => N(3).MaskedFill(B(true, false, true), Tensor.Scalar(7, DType.Float64)), 7, 1, 7);
        Is("masked_fill_.Scalar", () => N(3).MaskedFillInPlace(B(true, false, true), 7), 7, 1, 7);
        Is("masked_select", () => N(3).MaskedSelect(B(true, false, true)), 0, 2);
        Is("nonzero", () => V(0, 3, 4).NonZero(), 1, 2);
        Is("take", () => N(2, 2).Take(I(3, 0)), 3, 0);
        Is("take_along_dim", () => N(2, 2).TakeAlongDim(I(1, 0).Reshape(2, 1), 1), 1, 2);
        Is("one_hot", () => I(1, 0).OneHot(3), 0, 1, 0, 1, 0, 0);
    }

    private void Making()
    {
        Holds("empty.memory_format", () => Shaped(Ops.Empty([2, 3]), 2, 3));
        Holds("empty_like", () => N(2, 3).EmptyLike() is { DType: DType.Float64 } t && Shaped(t, 2, 3));
        Holds("empty_strided", () => Ops.EmptyStrided([2, 3], [1, 2]).Strides.SequenceEqual([1, 2]));
        Is("zeros", () => Ops.Zeros([2], DType.Int32), 0, 0);
        Is("zeros_like", () => N(2).ZerosLike(), 0, 0);
        Is("ones", () => Ops.Ones([2], DType.Float16), 1, 1);
        Is("ones_like", () => N(2).OnesLike(), 1, 1);
        Is("full", () => Ops.Full([2], 7, DType.Float32), 7, 7);
        Is("full_like", () => N(2).FullLike(7), 7, 7);
        Is("arange.start_step", () => Ops.Arange(1, 6, 2), 1, 3, 5);
        Is("linspace", () => Ops.LinSpace(0, 1, 3), 0, 0.5, 1);
        Is("eye", () => Ops.Eye(2), 1, 0, 0, 1);
        Is("eye.m", () => Ops.Eye(1, 3), 1, 0, 0);
        Is("tril_indices", () => Ops.TrilIndices(2, 2), 0, 1, 1, 0, 0, 1);
        Is("triu_indices", () => Ops.TriuIndices(2, 2), 0, 0, 1, 0, 1, 1);
        Is("scalar_tensor", () => Ops.ScalarTensor(2.5), 2.5);
        Is("complex", () => Ops.Complex(V(1), V(2)), 1, 2);
        Is("copy_", () => V(0, 0).CopyInPlace(I(3, 4)), 3, 4);
        Is("fill_.Scalar", () => V(0, 0).FillInPlace(3), 3, 3);
        Is("fill_.Tensor", () => V(0, 0).FillInPlace(Tensor.Scalar(3)), 3, 3);
        Is("zero_", () => V(1, 2).ZeroInPlace(), 0, 0);
        Is("to.dtype", () => V(1.7, -1.7).To(DType.Int64), 1, -1);
        Is("to.device", () => V(1.7).To(Device.Cpu, DType.Int64), 1);
        Holds("type_as", () => V(1).TypeAs(I(1)).DType == DType.Int64);
    }
}
