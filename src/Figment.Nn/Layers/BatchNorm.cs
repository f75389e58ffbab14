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

    /// <summary>
    /// Where several processes share a batch: sums a vector over all of them, with its gradient. Then the statistics of
    /// training are those of the whole batch. Null, the default, takes those of this process's rows.
    /// </summary>
    [NotPartOfModule]
    public BatchNormSum? SumOverRanks { get; set; }

    internal override bool ForgetsOutput => true;

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
        if (IsTraining && SumOverRanks is { } sum)
            return Together(input, sum, weightOfBatch);
        return Ops.BatchNorm(input, IsTraining || RunningMean is null, weightOfBatch, eps, Weight, Bias,
            RunningMean, RunningVar);
    }

    // Each rank's own mean and centred squares are exact enough in the input's type; they are merged in double, where
    // subtracting the squared mean loses nothing that matters. Moments: (3, C) of sum, sum of squares, count.
    private Tensor Together(Tensor input, BatchNormSum sum, double weightOfBatch)
    {
        var channels = input.Size(1);
        long[] shape = [1, channels, .. Enumerable.Repeat(1L, input.Rank - 2)];
        long[] others = [0, .. Enumerable.Range(2, input.Rank - 2)];
        var ownCount = sum.Weight > 0 ? (double)(input.Count / channels) : 0;
        var ownMean = input.Mean(others);
        var centred = (input - ownMean.Reshape(shape)).Square().Mean(others).To(DType.Float64);
        var (m, n) = (ownMean.To(DType.Float64), Tensor.Full([channels], ownCount, DType.Float64, input.Device));
        var moments = sum.Sum(Ops.Stack([m * n, (centred + m.Square()) * n, n]));
        var total = moments[2].Detach();
        var mean = moments[0] / total;
        var variance = moments[1] / total - mean.Square();
        if (RunningMean is not null && RunningVar is not null)
            NoGrad.Run(() =>
            {
                RunningMean.MulInPlace(1 - weightOfBatch).AddInPlace(mean.To(RunningMean.DType), weightOfBatch);
                var unbiased = variance * total / (total - 1).ClampMin(1);
                RunningVar.MulInPlace(1 - weightOfBatch).AddInPlace(unbiased.To(RunningVar.DType), weightOfBatch);
            });
        var scale = (variance + eps).Rsqrt();
        if (Weight is not null)
            scale = scale * Weight;
        var output = (input - mean.To(input.DType).Reshape(shape)) * scale.To(input.DType).Reshape(shape);
        return Bias is null ? output : output + Bias.Reshape(shape);
    }
}

/// <summary>How a batch norm that works on some rows of a batch gets the sums over all rows.</summary>
public abstract class BatchNormSum
{
    /// <summary>This process's part of the batch; 0 when its rows are others' and must not count.</summary>
    public abstract double Weight { get; }

    /// <summary>The sum of a tensor over all processes; its gradient is summed too.</summary>
    public abstract Tensor Sum(Tensor own);
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
