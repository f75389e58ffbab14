using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>
/// The kernel distance: the squared maximum mean discrepancy of two sets of features under the kernel
/// k(x, y) = (x y / J + 1)^3, without bias (Bińkowski et al. 2018, https://arxiv.org/abs/1801.01401, whose features are
/// Inception's). It may be negative where the sets are alike.
/// </summary>
public static class KernelDistance
{
    /// <summary>Examples of a block, of each set.</summary>
    public const int BlockSize = 1_000;

    /// <summary>The discrepancy of two sets as one block.</summary>
    /// <param name="x">(N, J), N at least 2.</param>
    /// <param name="y">(M, J), M at least 2.</param>
    /// <exception cref="ArgumentException">The features differ in size, or are too few.</exception>
    public static double Between(Tensor x, Tensor y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        if (x.Rank != 2 || y.Rank != 2 || x.Size(1) != y.Size(1) || x.Size(0) < 2 || y.Size(0) < 2)
            throw new ArgumentException("A kernel distance takes two sets of features of equal sizes, two of each.");
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var (a, b) = (x.To(DType.Float64), y.To(DType.Float64));
            return Apart(a) + Apart(b) - (2 * Kernel(a, b).Mean().ToDouble());
        }));
    }

    /// <summary>The mean over blocks of the sets, each example in one block, and its standard error over the blocks:
    /// as they share no example, the error is honest.</summary>
    /// <param name="x">(N, J) in a random order.</param>
    /// <param name="y">(M, J) in a random order; what is left over of the longer set is not used.</param>
    /// <param name="blockSize">Examples of a block, at least 2.</param>
    public static Estimate OverBlocks(Tensor x, Tensor y, int blockSize = BlockSize)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockSize, 2);
        var blocks = (int)(Math.Min(x.Size(0), y.Size(0)) / blockSize);
        if (blocks < 2)
            throw new ArgumentException($"A kernel distance over blocks takes at least {2 * blockSize} examples.");
        return Estimate.Of([.. Enumerable.Range(0, blocks).Select(block => TensorScope.Run(() =>
            Between(x.Narrow(0, block * blockSize, blockSize), y.Narrow(0, block * blockSize, blockSize))))]);
    }

    private static Tensor Kernel(Tensor a, Tensor b) => ((a.MatMul(b.T()) / a.Size(1)) + 1).Pow(3);

    // The mean over pairs of different examples.
    private static double Apart(Tensor a)
    {
        var k = Kernel(a, a);
        var n = (double)a.Size(0);
        return (k.Sum() - k.Trace()).ToDouble() / (n * (n - 1));
    }
}
