namespace Figment.Torch.Tests.Gradients;

internal sealed partial class DifferentiableTable
{
    private static Argument Picture => new([1, 2, 4, 4], [8, 8, 48, 48]);

    private void Shapes()
    {
        One("view", x => x.View(-1));
        One("view_as", x => x.ViewAs(x.Detach().Reshape(-1)));
        One("reshape", x => x.T().Reshape(-1));
        One("reshape_as", x => x.ReshapeAs(x.Detach().T()));
        One("flatten.using_ints", x => x.Flatten());
        One("permute", x => x.Permute(1, 0));
        One("transpose.int", x => x.Transpose(0, 1));
        One("t", x => x.T());
        One("swapaxes", x => x.Swapaxes(0, 1));
        One("movedim.intlist", x => x.MoveDim([0], 1));
        One("squeeze", x => x.Unsqueeze(0).Squeeze());
        One("squeeze.dim", x => x.Unsqueeze(0).Squeeze(0));
        One("unsqueeze", x => x.Unsqueeze(1));
        One("expand", x => x.Unsqueeze(0).Expand(3, -1, -1));
        One("expand_as", x => x.Unsqueeze(0).ExpandAs(Tensor.Zeros([3, x.Size(0), x.Size(1)])));
        One("broadcast_to", x => x.BroadcastTo(3, x.Size(0), x.Size(1)));
        One("repeat", x => x.Repeat(2, 2));
        One("repeat_interleave.self_int", x => x.RepeatInterleave(2, 0));
        One("repeat_interleave.self_Tensor", x => x.RepeatInterleave(Positions(x.Size(0), 3), 0));
        One("tile", x => x.Tile(2, 1));
        Two("cat", (a, b) => Ops.Cat([a, b, a], 1));
        Two("stack", (a, b) => Ops.Stack([a, b], 1));
        One("split.Tensor", x => Join(x.Split(2, 1)));
        One("split_with_sizes", x => Join(x.SplitWithSizes([1, x.Size(1) - 1], 1)));
        One("chunk", x => x.Chunk(2, 1)[0]);
        One("unbind.int", x => x.Unbind(0)[1]);
        One("narrow", x => x.Narrow(1, 1, 2));
        One("select.int", x => x.Select(1, -1));
        One("slice.Tensor", x => x.Slice(1, 0, null, 2));
        One("unfold", x => x.Unfold(1, 3, 1));
        One("diagonal", x => x.Diagonal());
        One("flip", x => x.Flip(1));
        One("roll", x => x.Roll([1], [1]));
        One("rot90", x => x.Rot90(1, [0, 1]));
        One("constant_pad_nd", x => x.ConstantPadNd([1, 2], 7));
        One("pad", x => x.Pad([1, 2], "replicate"));
        One("reflection_pad1d", x => x.ReflectionPad1d(1, 2));
        One("reflection_pad2d", x => x.ReflectionPad2d(1, 2, 1, 0), Picture);
        One("replication_pad2d", x => x.ReplicationPad2d(1, 2, 1, 0), Picture);
        One("pixel_shuffle", x => x.PixelShuffle(2), new([1, 4, 2, 2], [8, 8, 48, 48]));
        One("pixel_unshuffle", x => x.PixelUnshuffle(2), Picture);
        One("im2col", x => x.Im2col([3, 3], [1, 1], [1, 1], 1, 1), Picture);
        One("col2im", x =>
            x.Col2im([x.Size(2) / 4 + 1, 5], [2, 2], [1, 1], [0, 0], 1, 1), new([1, 4, 8], [64, 64, 128]));
        Two("meshgrid.indexing", (a, b) => Ops.Meshgrid([a, b], "ij") is [var x, var y] ? x * y : a, Row, Row);
        One("as_strided", x => x.AsStrided([2, 2], [1, 1]));
        One("tril", x => x.Tril());
        One("triu", x => x.Triu());
        One("diag", x => x.Diag(), Row);
        One("diag_embed", x => x.DiagEmbed(), Row);
        One("trace", x => x.Trace(), Square);
        One("view_as_real", x => Ops.Complex(x, x * x).ViewAsReal());
        One("real", x => Ops.Complex(x, x * x).Mul(Ops.Complex(x * x, x)).Real());
        One("imag", x => Ops.Complex(x, x * x).Mul(Ops.Complex(x * x, x)).Imag());
        One("fft_rfft", x => x.FftRfft().Abs());
        One("fft_rfft2", x => x.FftRfft2().Abs());
        One("fft_fft2", x => x.FftFft2().Abs());
        One("fft_ifft2", x => x.FftIfft2().Abs());
    }

    // Positions repeat, so that gradients of several places meet in one: the order of their sum must be fixed.
    private void Indexing()
    {
        One("index.Tensor", x => x.Index([Positions(4 * x.Size(0), x.Size(0))]));
        Two("index_put", (a, b) => a.IndexPut([Positions(b.Size(0), a.Size(0))], b, accumulate: true));
        Two("index_put_", (a, b) => (a * 1).IndexPutInPlace([Positions(b.Size(0), a.Size(0))], b, accumulate: true));
        One("index_select", x => x.IndexSelect(0, Positions(4 * x.Size(0), x.Size(0))));
        Two("index_add", (a, b) => a.IndexAdd(0, Positions(b.Size(0), a.Size(0) / 2), b));
        Two("index_add_", (a, b) => (a * 1).IndexAddInPlace(0, Positions(b.Size(0), a.Size(0) / 2), b));
        One("index_fill.int_Scalar", x => x.IndexFill(0, Positions(1, x.Size(0)), 3));
        Two("index_copy_", (a, b) => (a * 1).IndexCopyInPlace(0, Tensor.Arange(a.Size(0)), b));
        One("gather", x => x.Gather(0, Along(x, x.Size(0))));
        Two("scatter.src", (a, b) => a.Scatter(0, Distinct(a), b));
        One("scatter.value", x => x.Scatter(0, Along(x, x.Size(0)), 3));
        Two("scatter_.src", (a, b) => (a * 1).ScatterInPlace(0, Distinct(a), b));
        One("scatter_.value", x => (x * 1).ScatterInPlace(0, Along(x, x.Size(0)), 3));
        Two("scatter_add", (a, b) => a.ScatterAdd(0, Along(a, a.Size(0)), b));
        Two("scatter_add_", (a, b) => (a * 1).ScatterAddInPlace(0, Along(a, a.Size(0)), b));
        Two("scatter_reduce.two", (a, b) => a.ScatterReduce(0, Along(a, a.Size(0)), b, "sum"));
        One("masked_fill.Scalar", x => x.MaskedFill(x > 0, 3));
        Two("masked_fill.Tensor", (a, b) => a.MaskedFill(a > 0, b), E, new([], []));
        One("masked_fill_.Scalar", x => (x * 1).MaskedFillInPlace(x > 0, 3));
        One("masked_select", x => x.MaskedSelect(x > 0));
        One("take", x => x.Take(Positions(2 * x.Count, x.Count)));
        One("take_along_dim", x => x.TakeAlongDim(Along(x, x.Size(0)), 0));
        Two("embedding", (w, _) => Ops.Embedding(w, Positions(4 * w.Size(0), w.Size(0))));

        static Tensor Along(Tensor x, long n) => Positions(x.Count, n).Reshape(x.Shape);
        static Tensor Distinct(Tensor x) => Tensor.Arange(x.Size(0)).Flip(0).Unsqueeze(1).Expand(x.Size(0), x.Size(1));
    }

    private void LinearAlgebra()
    {
        Argument a = new([2, 3], [96, 128]), b = new([3, 2], [128, 64]), v = new([3], [128]);
        Argument batchA = new([2, 2, 3], [8, 64, 64]), batchB = new([2, 3, 2], [8, 64, 64]);
        Two("matmul", (x, y) => x.MatMul(y), batchA, b with { Large = [64, 48] });
        Two("mm", (x, y) => x.Mm(y), a, b);
        Two("bmm", (x, y) => x.Bmm(y), batchA, batchB);
        Two("mv", (x, y) => x.Mv(y), a, v);
        Two("dot", (x, y) => x.Dot(y), v with { Large = [200_000] }, v with { Large = [200_000] });
        Two("outer", (x, y) => x.Outer(y), Row, Row);
        Add("addmv", x => x[0].Addmv(x[1], x[2], 2, 3), new([3], [64]), new([3, 4], [64, 8]), new([4], [8]));
        Add("addmm", x => x[0].AddMM(x[1], x[2], 2, 3), new([2], [64]), a, b);
        Add("baddbmm", x => x[0].Baddbmm(x[1], x[2]), new([2, 2, 2], [8, 64, 64]), batchA, batchB);
        Two("einsum", (x, y) => Ops.EinSum("bij,bjk->ik", [x, y]), batchA, batchB);
        Two("tensordot", (x, y) => x.Tensordot(y, [1], 0), a, b);
        AddOnce("cdist", x => Ops.Cdist(x[0], x[1]), a, a);
        One("linalg_cholesky", x => Definite(x).LinalgCholesky(), Square);
        One("linalg_det", x => Ops.LinalgDet(x), new([3, 3], [4, 4]));
        One("linalg_slogdet", x => Ops.LinalgSlogdet(Definite(x)).Logabsdet, Square);
        One("linalg_eigh", x => Definite(x).LinalgEigh().Eigenvalues, Square);
        One("linalg_eigvalsh", x => Definite(x).LinalgEigvalsh(), Square);
        One("linalg_inv", x => Ops.LinalgInv(Definite(x)), Square);
        One("linalg_matrix_norm", x => x.LinalgMatrixNorm(1, [-2, -1]), Square);
        One("linalg_qr", x => Ops.LinalgQr(Definite(x)).R, Square);
        Two("linalg_solve", (x, y) => Ops.LinalgSolve(Definite(x), y), Square, Square);
        Two("linalg_solve_triangular", (x, y) => Definite(x).LinalgSolveTriangular(y, upper: true), Square, Square);
        One("linalg_svd", x => Ops.LinalgSvd(Definite(x)).S, Square);
        One("linalg_svdvals", x => Ops.LinalgSvdvals(Definite(x)), Square);
        AddOnce("matrix_exp", x => (x[0] * 0.1).MatrixExp(), Square);

        static Tensor Definite(Tensor x) =>
            x.MatMul(x.T()) + (Ops.Eye(x.Size(0)).To(x.DType) * Tensor.Arange(x.Size(0), x.DType).Add(1));
    }
}
