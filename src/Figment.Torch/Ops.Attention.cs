namespace Figment.Torch;

/// <summary>
/// Operators whose first argument is not a tensor to act on: <c>Ops.Cat</c>, <c>Ops.Conv2d</c>, <c>Ops.Zeros</c>.
/// </summary>
public static unsafe partial class Ops
{
    private static readonly Operator Fused =
        new(nameof(ScaledDotProductAttention), "aten::scaled_dot_product_attention", "",
        "Tensor,Tensor,Tensor,Tensor?,float,bool");

    /// <summary>
    /// softmax(Q K^T / sqrt(d)) V, Vaswani et al. 2017, equation 1; fused where the running libtorch (2.0 on) offers
    /// it.
    /// </summary>
    /// <param name="query">(..., T, d)</param>
    /// <param name="key">(..., S, d)</param>
    /// <param name="value">(..., S, e)</param>
    /// <param name="mask">Broadcast to (..., T, S): added to the scores, or Bool: true where attention is
    /// allowed.</param>
    /// <param name="isCausal">Position t attends to 0, ..., t only; excludes a mask.</param>
    /// <returns>(..., T, e)</returns>
    public static Tensor ScaledDotProductAttention(Tensor query, Tensor key, Tensor value, Tensor? mask = null,
        bool isCausal = false)
    {
        if (mask is not null && isCausal) throw new ArgumentException("Give a mask or isCausal, not both.");
        if (!Fused.Exists) return TensorScope.Run(() => Composed(query, key, value, mask, isCausal));
        Value* a = stackalloc Value[6];
        a[0] = Value.Of(query);
        a[1] = Value.Of(key);
        a[2] = Value.Of(value);
        a[3] = Value.Of(mask);
        a[4] = Value.Of(0.0); // dropout draws from a global generator: not offered
        a[5] = Value.Of(isCausal);
        var result = Fused.Call(a, 6);
        GC.KeepAlive(query);
        GC.KeepAlive(key);
        GC.KeepAlive(value);
        GC.KeepAlive(mask);
        return result;
    }

    private static Tensor Composed(Tensor query, Tensor key, Tensor value, Tensor? mask, bool isCausal)
    {
        var scores = query.Mul(1 / Math.Sqrt(query.Size(-1))).MatMul(key.Transpose(-2, -1)); // (..., T, S)
        if (isCausal) mask = Ones([query.Size(-2), key.Size(-2)], DType.Bool, query.Device).Tril();
        if (mask is not null)
            scores = mask.DType == DType.Bool
                ? scores.MaskedFill(mask.LogicalNot(), double.NegativeInfinity)
                : scores + mask;
        return scores.Softmax(-1).MatMul(value); // (..., T, e)
    }
}
