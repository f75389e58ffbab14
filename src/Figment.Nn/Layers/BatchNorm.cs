using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Normalises each channel over the batch (Ioffe and Szegedy 2015): y = (x - mean) / sqrt(var + eps) * weight + bias.
/// In training it uses the batch's statistics and updates the running ones; in evaluation it uses the running ones.
/// </summary>
public abstract partial class BatchNorm : Layer
{
    private readonly int[] ranks;
    private readonly double? momentum;
    private readonly double eps;

    private protected BatchNorm(long channels, double eps, double? momentum, bool affine, bool trackRunningStats,
        params int[] ranks)
    {
        (this.ranks, this.eps, this.momentum) = (ranks, eps, momentum);
        Weight = affine ? new Parameter(Tensor.Ones([channels])) : null;
        Bias = affine ? new Parameter(Tensor.Zeros([channels])) : null;
        RunningMean = trackRunningStats ? new Buffer(Tensor.Zeros([channels])) : null;
        RunningVar = trackRunningStats ? new Buffer(Tensor.Ones([channels])) : null;
        NumBatchesTracked = trackRunningStats ? new Buffer(Tensor.Zeros([], DType.Int64)) : null;
    }

    /// <summary>(channels), 1 at first; null without affine.</summary>
    public Parameter? Weight { get; }

    /// <summary>(channels), 0 at first; null without affine.</summary>
    public Parameter? Bias { get; }

    /// <summary>(channels), 0 at first; null when statistics are not tracked.</summary>
    public Buffer? RunningMean { get; }

    /// <summary>(channels), 1 at first, of unbiased variances; null when statistics are not tracked.</summary>
    public Buffer? RunningVar { get; }

    /// <summary>How many batches the running statistics have seen.</summary>
    public Buffer? NumBatchesTracked { get; }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (!ranks.Contains(input.Rank))
            throw new ArgumentException($"{GetType().Name} takes an input of {string.Join(" or ", ranks)} dimensions, "
                + $"not of shape [{string.Join(", ", input.Shape.ToArray())}].", nameof(input));
        var weightOfBatch = momentum ?? 0;
        if (IsTraining && NumBatchesTracked is { } seen)
        {
            NoGrad.Run(() => { seen.AddInPlace(1); });
            weightOfBatch = momentum ?? 1.0 / seen.Item<long>(); // without a momentum, a plain average over batches
        }
        return Ops.BatchNorm(input, IsTraining || RunningMean is null, weightOfBatch, eps, Weight, Bias,
            RunningMean, RunningVar);
    }
}

/// <summary>Batch normalisation of (B, C) or (B, C, L).</summary>
public sealed class BatchNorm1d(long channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true,
    bool trackRunningStats = true) : BatchNorm(channels, eps, momentum, affine, trackRunningStats, 2, 3);

/// <summary>Batch normalisation of (B, C, H, W).</summary>
public sealed class BatchNorm2d(long channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true,
    bool trackRunningStats = true) : BatchNorm(channels, eps, momentum, affine, trackRunningStats, 4);

/// <summary>Batch normalisation of (B, C, D, H, W).</summary>
public sealed class BatchNorm3d(long channels, double eps = 1e-5, double? momentum = 0.1, bool affine = true,
    bool trackRunningStats = true) : BatchNorm(channels, eps, momentum, affine, trackRunningStats, 5);
