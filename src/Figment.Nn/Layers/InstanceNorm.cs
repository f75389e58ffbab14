using Figment.Torch;

namespace Figment.Nn;

/// <summary>Normalises each channel of each example over its positions (Ulyanov et al. 2016).</summary>
public abstract partial class InstanceNorm : Layer
{
    private readonly int rank;
    private readonly double momentum;
    private readonly double eps;

    private protected InstanceNorm(long channels, double eps, double momentum, bool affine, bool trackRunningStats,
        int rank)
    {
        (this.rank, this.eps, this.momentum) = (rank, eps, momentum);
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

    /// <summary>(channels), 1 at first; null when statistics are not tracked.</summary>
    public Buffer? RunningVar { get; }

    /// <summary>Kept for files of PyTorch's, which saves it and never changes it.</summary>
    public Buffer? NumBatchesTracked { get; }

    internal override bool ForgetsOutput => true;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Rank != rank)
            throw new ArgumentException($"{GetType().Name} takes an input of {rank} dimensions, "
                + $"not of shape [{string.Join(", ", input.Shape.ToArray())}].", nameof(input));
        if (RunningMean is null && !input.Device.IsCuda)
            return Ops.NormalizeInstances(input, Weight, Bias, eps);
        return Ops.InstanceNorm(input, IsTraining || RunningMean is null, momentum, eps, Weight, Bias,
            RunningMean, RunningVar);
    }
}

/// <summary>Instance normalisation of (B, C, L).</summary>
public sealed class InstanceNorm1d(long channels, double eps = 1e-5, double momentum = 0.1, bool affine = false,
    bool trackRunningStats = false) : InstanceNorm(channels, eps, momentum, affine, trackRunningStats, 3);

/// <summary>Instance normalisation of (B, C, H, W).</summary>
public sealed class InstanceNorm2d(long channels, double eps = 1e-5, double momentum = 0.1, bool affine = false,
    bool trackRunningStats = false) : InstanceNorm(channels, eps, momentum, affine, trackRunningStats, 4);

/// <summary>Instance normalisation of (B, C, D, H, W).</summary>
public sealed class InstanceNorm3d(long channels, double eps = 1e-5, double momentum = 0.1, bool affine = false,
    bool trackRunningStats = false) : InstanceNorm(channels, eps, momentum, affine, trackRunningStats, 5);
