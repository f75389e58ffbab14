using Xunit;

namespace Figment.Torch.Tests.Gradients;

/// <summary>
/// With deterministic algorithms on, two threads give the same bits at each of 30 runs: result and gradients.
/// </summary>
[Trait("speed", "slow")]
public sealed class DeterminismTests : IDisposable
{
    private const int Runs = 30;
    private readonly (int Threads, bool Deterministic) before = (LibTorch.Threads, LibTorch.DeterministicAlgorithms);

    public DeterminismTests()
    {
        LibTorch.Threads = 2;
        LibTorch.DeterministicAlgorithms = true;
    }

    public static TheoryData<string> All => [.. DifferentiableTable.Cases.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void Same_bits(string name)
    {
        var test = DifferentiableTable.Cases[name];
        TensorScope.Run(() =>
        {
            var inputs = test.Arguments.Select((a, i) => a.Make(large: true, i, DType.Float32)).ToArray();
            foreach (var x in inputs) x.RequiresGrad = true;
            var first = Run(test, inputs);
            for (var run = 1; run < Runs; run++)
            {
                TensorScope.Run(() =>
                {
                    var again = Run(test, inputs);
                    for (var i = 0; i < first.Length; i++)
                        Assert.True(first[i].AsBytes().SequenceEqual(again[i].AsBytes()),
                            $"result {i} differs at run {run}");
                });
            }
        });
    }

    public void Dispose() => (LibTorch.Threads, LibTorch.DeterministicAlgorithms) = before;

    private static Tensor[] Run(Differentiable test, Tensor[] inputs) => TensorScope.Run(() =>
    {
        var y = test.Run(inputs);
        var weights = (Tensor.Arange(y.Count, DType.Float32) * 0.37f).Cos().Reshape(y.Shape).To(y.DType);
        var gradients = Autograd.Grad([y], inputs, [weights], allowUnused: true);
        return gradients.OfType<Tensor>().Append(y.Detach()).Select(t => t.Contiguous()).ToArray();
    });
}
