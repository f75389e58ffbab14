namespace Figment.Torch.Tests.Operators;

internal sealed partial class OperatorTable
{
    private const int Many = 20_000;

    private void Random()
    {
        Holds("normal_", () => Moments(r => Zeros().NormalInPlace(r, 3, 2), 3, 2));
        Holds("uniform_", () => Moments(r => Zeros().UniformInPlace(r, -1, 1), 0, 1 / Math.Sqrt(3)));
        Holds("bernoulli", () => Moments(r => Tensor.Full([Many], 0.2, DType.Float64).Bernoulli(r), 0.2, 0.4));
        Holds("bernoulli_.Tensor", () => Moments(r => Zeros().BernoulliInPlace(Tensor.Full([Many], 0.2), r), 0.2, 0.4));
        Holds("bernoulli_.float", () => Moments(r => Zeros().BernoulliInPlace(r, 0.2), 0.2, 0.4));
        Holds("exponential_", () => Moments(r => Zeros().ExponentialInPlace(r, 2), 0.5, 0.5));
        Holds("multinomial", () =>
            Moments(r => V(0.25, 0, 0.75).Multinomial(Many, r, replacement: true), 1.5, Math.Sqrt(0.75)));
        Holds("poisson", () => Moments(r => Tensor.Full([Many], 4, DType.Float64).Poisson(r), 4, 2));
        Holds("randperm.generator", () =>
            Moments(r => Ops.Randperm(Many, r, DType.Int64), (Many - 1) / 2.0, Many / Math.Sqrt(12)));
        Holds("randint.low_generator", () =>
            Moments(r => Ops.Randint(0, 3, [Many], r, DType.Int64), 1, Math.Sqrt(2 / 3.0)));
        Holds("random_.from", () => Moments(r => Zeros().RandomInPlace(0, r, 3), 1, Math.Sqrt(2 / 3.0)));

        static Tensor Zeros() => Tensor.Zeros([Many], DType.Float64);

        // The same seed gives the same numbers, another seed others, and their moments are the distribution's.
        static bool Moments(Func<Rng, Tensor> draw, double mean, double std)
        {
            using Rng a = new(1), b = new(1), c = new(2);
            var x = draw(a).To(DType.Float64);
            return x.Equal(draw(b).To(DType.Float64)) && !x.Equal(draw(c).To(DType.Float64))
                && Math.Abs(x.Mean().ToDouble() - mean) < 0.05 * std
                && Math.Abs(x.Std(0).ToDouble() - std) < 0.05 * std;
        }
    }

    private void LinearAlgebra()
    {
        Is("matmul", () => N(2, 2).MatMul(N(2, 2)), 2, 3, 6, 11);
        Is("mm", () => N(2, 2).Mm(N(2, 1)), 1, 3);
        Is("bmm", () => N(1, 2, 2).Bmm(N(1, 2, 1)), 1, 3);
        Is("mv", () => N(2, 2).Mv(V(0, 1)), 1, 3);
        Is("dot", () => V(1, 2).Dot(V(3, 4)), 11);
        Is("outer", () => V(1, 2).Outer(V(3, 4)), 3, 4, 6, 8);
        Is("addmm", () => V(1, 1).AddMM(N(2, 2), N(2, 2), beta: 2, alpha: 3), 8, 11, 20, 35);
        Is("baddbmm", () => V(1).Baddbmm(N(1, 2, 2), N(1, 2, 1)), 2, 4);
        Is("einsum", () => Ops.EinSum("ij,j->i", [N(2, 2), V(0, 1)]), 1, 3);
        Is("tensordot", () => N(2, 2).Tensordot(N(2, 2), [0, 1], 0, 1), 14);
        Is("cdist", () => Ops.Cdist(M(1, 0, 0), M(2, 3, 4, 0, 1)), 5, 1);
        Is("linalg_cholesky", () => M(2, 4, 2, 2, 10).LinalgCholesky(), 2, 0, 1, 3);
        Is("linalg_det", () => Ops.LinalgDet(M(2, 1, 2, 3, 4)), -2);
        Is("linalg_slogdet", () => Ops.LinalgSlogdet(M(2, 1, 2, 3, 4)), -1, Math.Log(2));
        Holds("linalg_eigh", () => M(2, 2, 1, 1, 2).LinalgEigh() is var (w, v) && Near(w, V(1, 3))
            && Near(v.MatMul(w.Diag()).MatMul(v.T()), M(2, 2, 1, 1, 2)));
        Is("linalg_eigvalsh", () => M(2, 2, 1, 1, 2).LinalgEigvalsh(), 1, 3);
        Is("linalg_inv", () => Ops.LinalgInv(M(2, 1, 2, 3, 4)), -2, 1, 1.5, -0.5);
        Holds("linalg_lstsq", () => Near(M(3, 1, 0, 1, 1, 1, 2).LinalgLstsq(M(3, 1, 3, 5)).Solution, M(2, 1, 2)));
        Is("linalg_norm", () => V(3, 4).LinalgNorm(), 5);
        Is("linalg_vector_norm", () => M(2, 3, 4, 0, -5).LinalgVectorNorm(1, [1]), 7, 5);
        Is("linalg_matrix_norm", () => M(2, 1, 2, 3, 4).LinalgMatrixNorm(1, [-2, -1]), 6);
        Holds("linalg_qr", () =>
            Ops.LinalgQr(Wave(3, 2)) is var (q, r) && Near(q.MatMul(r), Wave(3, 2))
            && Near(q.T().MatMul(q), Ops.Eye(2, DType.Float64)));
        Is("linalg_solve", () => Ops.LinalgSolve(M(2, 2, 0, 0, 4), M(2, 2, 2)), 1, 0.5);
        Is("linalg_solve_triangular", () => M(2, 2, 1, 0, 4).LinalgSolveTriangular(M(2, 4, 8), upper: true), 1, 2);
        Holds("linalg_svd", () =>
            Ops.LinalgSvd(Wave(3, 2), fullMatrices: false) is var (u, s, vh) && Near(u.Mul(s).MatMul(vh), Wave(3, 2)));
        Is("linalg_svdvals", () => Ops.LinalgSvdvals(M(2, 3, 0, 0, -4)), 4, 3);
        Is("matrix_exp", () => M(2, 0, 1, 0, 0).MatrixExp(), 1, 1, 0, 1);
        Is("pinverse", () => M(2, 2, 0, 0, 0).Pinverse(), 0.5, 0, 0, 0);
    }

    private void Special()
    {
        Is("erf", () => V(0, 1).Erf(), 0, 0.8427007929497149);
        Is("erfc", () => V(0, 1).Erfc(), 1, 0.15729920705028513);
        Is("erfinv", () => V(0, 0.8427007929497149).Erfinv(), 0, 1);
        Is("lgamma", () => V(1, 5).LGamma(), 0, Math.Log(24));
        Is("digamma", () => V(1).Digamma(), -0.5772156649015329);
        Is("polygamma", () => Ops.Polygamma(1, V(1)), Math.PI * Math.PI / 6);
        Is("mvlgamma", () => V(3).Mvlgamma(2), 0.5 * Math.Log(Math.PI) + Math.Log(2) + 0.2846828704729192);
        Is("i0", () => V(0, 1).I0(), 1, 1.2660658777520084);
        Is("special_i0e", () => V(0, 1).SpecialI0e(), 1, 1.2660658777520084 / Math.E);
        Is("special_ndtr", () => V(0, 1).SpecialNdtr(), 0.5, 0.8413447460685429);
        Is("special_ndtri", () => V(0.5, 0.8413447460685429).SpecialNdtri(), 0, 1);
        Is("special_log_ndtr", () => V(0, 1).SpecialLogNdtr(), Math.Log(0.5), Math.Log(0.8413447460685429));
        Is("xlogy.Tensor", () => V(0, 2).Xlogy(V(0, Math.E)), 0, 2);
        Is("logit", () => V(0.5, 0.75).Logit(), 0, Math.Log(3));
        Is("fft_rfft", () => V(1, 0, 0, 0).FftRfft(), 1, 0, 1, 0, 1, 0);
        Is("fft_rfft2", () => M(2, 1, 2, 3, 4).FftRfft2(), 10, 0, -2, 0, -4, 0, 0, 0);
        Is("fft_fft2", () => M(2, 1, 2, 3, 4).FftFft2(), 10, 0, -2, 0, -4, 0, 0, 0);
        Is("fft_ifft2", () => M(2, 1, 2, 3, 4).FftFft2().FftIfft2(), 1, 0, 2, 0, 3, 0, 4, 0);
    }

    private void Activations()
    {
        static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
        Is("relu", () => V(-1, 2).Relu(), 0, 2);
        Is("relu_", () => V(-1, 2).ReluInPlace(), 0, 2);
        Is("relu6", () => V(-1, 2, 9).Relu6(), 0, 2, 6);
        Is("leaky_relu", () => V(-1, 2).LeakyRelu(0.2), -0.2, 2);
        Is("leaky_relu_", () => V(-1, 2).LeakyReluInPlace(), -0.01, 2);
        Is("elu", () => V(-1, 2).Elu(alpha: 2), 2 * (Math.Exp(-1) - 1), 2);
        Is("selu", () => V(1).Selu(), 1.0507009873554805);
        Is("celu", () => V(-1, 2).Celu(2), 2 * (Math.Exp(-0.5) - 1), 2);
        Is("gelu", () => V(0, 1).Gelu(), 0, 0.8413447460685429);
        Is("silu", () => V(0, 1).Silu(), 0, Sigmoid(1));
        Is("mish", () => V(0, 1).Mish(), 0, Math.Tanh(Math.Log(1 + Math.E)));
        Is("sigmoid", () => V(0, 1).Sigmoid(), 0.5, Sigmoid(1));
        Is("sigmoid_", () => V(0, 1).SigmoidInPlace(), 0.5, Sigmoid(1));
        Is("log_sigmoid", () => V(0, 1).LogSigmoid(), Math.Log(0.5), Math.Log(Sigmoid(1)));
        Is("tanh", () => V(0, 1).Tanh(), 0, Math.Tanh(1));
        Is("tanh_", () => V(0, 1).TanhInPlace(), 0, Math.Tanh(1));
        Is("softplus", () => V(0, 1).SoftPlus(beta: 2), Math.Log(2) / 2, Math.Log(1 + Math.Exp(2)) / 2);
        Is("softshrink", () => V(-2, 0.1).Softshrink(), -1.5, 0);
        Is("hardtanh", () => V(-2, 0.1).Hardtanh(), -1, 0.1);
        Is("hardsigmoid", () => V(0, 9).Hardsigmoid(), 0.5, 1);
        Is("hardswish", () => V(1, 9).Hardswish(), 4 / 6.0, 9);
        Is("threshold", () => V(1, 9).Threshold(2, -1), -1, 9);
        Is("prelu", () => V(-2, 3).Prelu(V(0.5)), -1, 3);
        Is("glu", () => V(3, 0).Glu(), 1.5);
        Is("softmax.int", () => V(0, Math.Log(3)).Softmax(0), 0.25, 0.75);
        Is("log_softmax.int", () => V(0, Math.Log(3)).LogSoftmax(-1), Math.Log(0.25), Math.Log(0.75));
    }
}
