namespace Figment.Torch.Tests.Operators;

internal sealed partial class OperatorTable
{
    private void Arithmetic()
    {
        Is("abs", () => V(-1, 2).Abs(), 1, 2);
        Is("add.Tensor", () => V(1, 2).Add(V(3, 5), alpha: 2), 7, 12);
        Is("add.Scalar", () => V(1, 2).Add(3), 4, 5);
        Is("add_.Tensor", () => V(1, 2).AddInPlace(V(3, 5)), 4, 7);
        Is("add_.Scalar", () => V(1, 2).AddInPlace(3, alpha: 2), 7, 8);
        Is("sub.Tensor", () => V(1, 2).Sub(V(3, 5)), -2, -3);
        Is("sub.Scalar", () => V(1, 2).Sub(3), -2, -1);
        Is("sub_.Tensor", () => V(1, 2).SubInPlace(V(3, 5)), -2, -3);
        Is("sub_.Scalar", () => V(1, 2).SubInPlace(3), -2, -1);
        Is("rsub.Scalar", () => V(1, 2).Rsub(3), 2, 1);
        Is("mul.Tensor", () => V(1, 2).Mul(V(3, 5)), 3, 10);
        Is("mul.Scalar", () => V(1, 2).Mul(3), 3, 6);
        Is("mul_.Tensor", () => V(1, 2).MulInPlace(V(3, 5)), 3, 10);
        Is("mul_.Scalar", () => V(1, 2).MulInPlace(3), 3, 6);
        Is("div.Tensor", () => V(1, 2).Div(V(4, 5)), 0.25, 0.4);
        Is("div.Scalar", () => V(1, 2).Div(4), 0.25, 0.5);
        Is("div_.Tensor", () => V(1, 2).DivInPlace(V(4, 5)), 0.25, 0.4);
        Is("div_.Scalar", () => V(1, 2).DivInPlace(4), 0.25, 0.5);
        Is("neg", () => V(1, -2).Neg(), -1, 2);
        Is("addcmul", () => V(1, 2).Addcmul(V(3, 4), V(5, 6), value: 2), 31, 50);
        Is("addcdiv", () => V(1, 2).Addcdiv(V(3, 4), V(2, 5), value: 2), 4, 3.6);
        Is("addcmul_", () => V(1, 2).AddcmulInPlace(V(3, 4), V(5, 6)), 16, 26);
        Is("addcdiv_", () => V(1, 2).AddcdivInPlace(V(3, 4), V(2, 5)), 2.5, 2.8);
        Is("pow.Tensor_Scalar", () => V(2, 3).Pow(3), 8, 27);
        Is("pow.Tensor_Tensor", () => V(2, 3).Pow(V(3, 2)), 8, 9);
        Is("pow.Scalar", () => Ops.Pow(2, V(3, 0.5)), 8, Math.Sqrt(2));
        Is("sqrt", () => V(4, 9).Sqrt(), 2, 3);
        Is("rsqrt", () => V(4, 16).Rsqrt(), 0.5, 0.25);
        Is("square", () => V(-3, 2).Square(), 9, 4);
        Is("reciprocal", () => V(4, -2).Reciprocal(), 0.25, -0.5);
        Is("exp", () => V(0, 1).Exp(), 1, Math.E);
        Is("exp_", () => V(0, 1).ExpInPlace(), 1, Math.E);
        Is("expm1", () => V(0, 1e-9).Expm1(), 0, 1e-9);
        Is("log", () => V(1, Math.E).Log(), 0, 1);
        Is("log1p", () => V(0, 1e-9).Log1p(), 0, 1e-9);
        Is("log2", () => V(1, 8).Log2(), 0, 3);
        Is("log10", () => V(1, 1000).Log10(), 0, 3);
        Is("sin", () => V(0, 1).Sin(), 0, Math.Sin(1));
        Is("cos", () => V(0, 1).Cos(), 1, Math.Cos(1));
        Is("tan", () => V(0, 1).Tan(), 0, Math.Tan(1));
        Is("sinh", () => V(0, 1).Sinh(), 0, Math.Sinh(1));
        Is("cosh", () => V(0, 1).Cosh(), 1, Math.Cosh(1));
        Is("atan2", () => V(1, -1).Atan2(V(1, 0)), Math.PI / 4, -Math.PI / 2);
        Is("floor", () => V(-1.5, 1.5).Floor(), -2, 1);
        Is("ceil", () => V(-1.5, 1.5).Ceil(), -1, 2);
        Is("round", () => V(0.5, 1.5, -2.6).Round(), 0, 2, -3);
        Is("trunc", () => V(-1.5, 1.5).Trunc(), -1, 1);
        Is("frac", () => V(-1.5, 1.25).Frac(), -0.5, 0.25);
        Is("sign", () => V(-3, 0, 5).Sign(), -1, 0, 1);
        Is("fmod.Tensor", () => V(-5, 5).Fmod(V(3, 3)), -2, 2);
        Is("fmod.Scalar", () => V(-5, 5).Fmod(3), -2, 2);
        Is("remainder.Tensor", () => V(-5, 5).Remainder(V(3, 3)), 1, 2);
        Is("remainder.Scalar", () => V(-5, 5).Remainder(3), 1, 2);
        Is("floor_divide", () => V(-5, 5).FloorDivide(V(3, 3)), -2, 1);
        Is("floor_divide.Scalar", () => V(-5, 5).FloorDivide(3), -2, 1);
        Is("clamp", () => V(-5, 0, 5).Clamp(min: -1, max: 2), -1, 0, 2);
        Is("clamp.Tensor", () => V(-5, 0, 5).Clamp(min: V(-1, 1, -1)), -1, 1, 5);
        Is("clamp_", () => V(-5, 0, 5).ClampInPlace(max: 2), -5, 0, 2);
        Is("clamp_min", () => V(-5, 0, 5).ClampMin(-1), -1, 0, 5);
        Is("clamp_max", () => V(-5, 0, 5).ClampMax(1), -5, 0, 1);
        Is("maximum", () => V(1, 5).Maximum(V(3, 2)), 3, 5);
        Is("minimum", () => V(1, 5).Minimum(V(3, 2)), 1, 2);
        Is("lerp.Scalar", () => V(0, 10).Lerp(V(10, 20), 0.3), 3, 13);
        Is("lerp.Tensor", () => V(0, 10).Lerp(V(10, 20), V(0.1, 0.9)), 1, 19);
        Is("lerp_.Scalar", () => V(0, 10).LerpInPlace(V(10, 20), 0.3), 3, 13);
        Is("lerp_.Tensor", () => V(0, 10).LerpInPlace(V(10, 20), V(0.1, 0.9)), 1, 19);
        Is("nan_to_num", () =>
            V(double.NaN, double.PositiveInfinity, double.NegativeInfinity).NanToNum(1, 2, 3), 1, 2, 3);
        Is("hypot", () => V(3, 5).Hypot(V(4, 12)), 5, 13);
        Is("heaviside", () => V(-1, 0, 2).Heaviside(V(0.5)), 0, 0.5, 1);
        Is("sinc", () => V(0, 0.5).Sinc(), 1, 2 / Math.PI);
        Is("neg_", () => V(1, -2).NegInPlace(), -1, 2);
        Is("sqrt_", () => V(4, 9).SqrtInPlace(), 2, 3);
        Is("abs_", () => V(1, -2).AbsInPlace(), 1, 2);
        Is("reciprocal_", () => V(4, -2).ReciprocalInPlace(), 0.25, -0.5);
    }

    private void Comparison()
    {
        Is("eq.Tensor", () => V(1, 2, 3).Eq(V(1, 3, 2)), 1, 0, 0);
        Is("eq.Scalar", () => V(1, 2, 3).Eq(2), 0, 1, 0);
        Is("ne.Tensor", () => V(1, 2, 3).Ne(V(1, 3, 2)), 0, 1, 1);
        Is("ne.Scalar", () => V(1, 2, 3).Ne(2), 1, 0, 1);
        Is("lt.Tensor", () => V(1, 2, 3) < V(1, 3, 2), 0, 1, 0);
        Is("lt.Scalar", () => V(1, 2, 3) < 2, 1, 0, 0);
        Is("le.Tensor", () => V(1, 2, 3) <= V(1, 3, 2), 1, 1, 0);
        Is("le.Scalar", () => V(1, 2, 3) <= 2, 1, 1, 0);
        Is("gt.Tensor", () => V(1, 2, 3) > V(1, 3, 2), 0, 0, 1);
        Is("gt.Scalar", () => V(1, 2, 3) > 2, 0, 0, 1);
        Is("ge.Tensor", () => V(1, 2, 3) >= V(1, 3, 2), 1, 0, 1);
        Is("ge.Scalar", () => V(1, 2, 3) >= 2, 0, 1, 1);
        Is("isfinite", () => V(1, double.NaN, double.PositiveInfinity).IsFinite(), 1, 0, 0);
        Is("isinf", () => V(1, double.NaN, double.PositiveInfinity).IsInf(), 0, 0, 1);
        Is("isnan", () => V(1, double.NaN, double.PositiveInfinity).IsNaN(), 0, 1, 0);
        Is("isclose", () =>
            V(1, 2, double.NaN).IsClose(V(1.001, 2.1, double.NaN), atol: 0.01, equalNan: true), 1, 0, 1);
        Is("allclose", () => V(1, 2).AllClose(V(1, 2.1), rtol: 0, atol: 0.2), 1);
        Is("equal", () => V(1, 2).Equal(V(1, 2.1)), 0);
        Is("logical_and", () => B(true, true, false) & B(true, false, false), 1, 0, 0);
        Is("logical_or", () => B(true, true, false) | B(true, false, false), 1, 1, 0);
        Is("logical_not", () => !B(true, false), 0, 1);
        Is("logical_xor", () => B(true, true, false).LogicalXor(B(true, false, false)), 0, 1, 0);
        Is("where.self", () => Ops.Where(B(true, false), V(1, 2), V(3, 4)), 1, 4);
        Is("where.ScalarOther", () => Ops.Where(B(true, false), V(1, 2), 9.0), 1, 9);
        Is("where.ScalarSelf", () => Ops.Where(B(true, false), 9.0, V(1, 2)), 9, 2);
        Is("all", () => B(true, false).All(), 0);
        Is("all.dim", () => B(true, false, true, true).Reshape(2, 2).All(1), 0, 1);
        Is("any", () => B(true, false).Any(), 1);
        Is("any.dim", () => B(false, false, true, true).Reshape(2, 2).Any(1, keepdim: true), 0, 1);
    }
}
