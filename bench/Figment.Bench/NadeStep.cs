using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// The neural autoregressive distribution estimator (Larochelle and Murray 2011): p(x_d = 1 | x before d) =
/// sigmoid(b_d + V_d h_d), h_d = sigmoid(c + sum of x_k W_k over k before d).
/// </summary>
internal sealed partial class NadeNetwork(long pixels, long hidden) : Layer
{
    public Parameter W { get; } = new(Tensor.Zeros([pixels, hidden]));

    public Parameter C { get; } = new(Tensor.Zeros([hidden]));

    public Parameter V { get; } = new(Tensor.Zeros([pixels, hidden]));

    public Parameter B { get; } = new(Tensor.Zeros([pixels]));

    protected override Tensor Forward(Tensor x) => Ops.NadeLogits(x, W, C.Expand(x.Size(0), -1), V) + B;
}

/// <summary>A training step of NADE: the twin of bench/peers/nade.py.</summary>
internal static class NadeStep
{
    private const int Batch = 128, Pixels = 784, Hidden = 500;

    /// <summary>For each pixel and picture a dot product with V and an addition of W, and their gradients.</summary>
    public const double Flops = 3 * 2.0 * 2 * Batch * Pixels * Hidden;

    public static Side Run(string[] args) => Measure.Run(args, () =>
    {
        var network = new NadeNetwork(Pixels, Hidden);
        Scattered.Fill(network);
        var optimizer = new Adam(network, 1e-3);
        Tensor[] batches = [.. Enumerable.Range(0, 10).Select(k => TensorScope.Run(() =>
            (Formula.Unit([Batch, Pixels], 0.1 + k) < 0.13).To(DType.Float32).Own()))];

        Tensor Step(Tensor x)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() =>
                network.Call(x).BinaryCrossEntropyWithLogits(x, reduction: Reduction.Sum) / Batch);
            loss.Backward();
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(batches[k % 10]).ToDouble(), k => Step(batches[k % 10]),
            [network, optimizer, .. batches]);
    });
}
