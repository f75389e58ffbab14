using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Figment.Training.Options;

/// <summary>How the learning rate changes over a run, as a factor of the optimiser's.</summary>
public abstract record ScheduleOptions
{
    [Description("Steps over which the factor first rises linearly from 0 to 1.")]
    [Range(0L, 1_000_000_000L)]
    public long Warmup { get; init; }
}

/// <summary>The factor stays 1 after the warm-up.</summary>
public sealed record ConstantScheduleOptions : ScheduleOptions;

/// <summary>The factor is multiplied by <see cref="Factor"/> every <see cref="Every"/> steps.</summary>
public sealed record StepScheduleOptions : ScheduleOptions
{
    [Description("Steps between two drops.")]
    [Range(1L, 1_000_000_000L)]
    public long Every { get; init; } = 10_000;

    [Description("What each drop multiplies the learning rate by.")]
    [Range(0.0, 1.0)]
    public double Factor { get; init; } = 0.1;
}

/// <summary>The factor falls from 1 to <see cref="Floor"/> along half a cosine, reaching it on the run's last step
/// (Loshchilov and Hutter, 2017, https://arxiv.org/abs/1608.03983, without restarts).</summary>
public sealed record CosineScheduleOptions : ScheduleOptions
{
    [Description("Factor at the end of the run.")]
    [Range(0.0, 1.0)]
    public double Floor { get; init; }
}

/// <summary>The factor falls as 1/sqrt(step) after the warm-up (Vaswani et al., 2017, section 5.3,
/// https://arxiv.org/abs/1706.03762).</summary>
public sealed record InverseSquareRootScheduleOptions : ScheduleOptions;
