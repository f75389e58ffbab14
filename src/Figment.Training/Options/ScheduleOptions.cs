using System.ComponentModel.DataAnnotations;
using Figment.Nn;

namespace Figment.Training.Options;

/// <summary>How the learning rate changes over a run, as a factor of the optimiser's.</summary>
public abstract record ScheduleOptions
{
    /// <summary>Steps over which the factor first rises linearly to 1.</summary>
    [Range(0L, 1_000_000_000L)]
    public long Warmup { get; init; }

    /// <summary>The factor as a pure function of the number of steps already taken.</summary>
    /// <param name="totalSteps">Steps of the whole run, from 1.</param>
    public virtual Func<long, double> ToFactor(long totalSteps)
    {
        var then = AfterWarmup(Math.Max(1, totalSteps - Warmup));
        return Warmup > 0 ? Schedule.LinearWarmup(Warmup, then) : then;
    }

    private protected abstract Func<long, double> AfterWarmup(long steps);
}

/// <summary>The factor stays 1 after the warm-up.</summary>
public sealed record ConstantScheduleOptions : ScheduleOptions
{
    private protected override Func<long, double> AfterWarmup(long steps) => Schedule.Constant();
}

/// <summary>The factor is multiplied by <see cref="Factor"/> every <see cref="Every"/> steps.</summary>
public sealed record StepScheduleOptions : ScheduleOptions
{
    /// <summary>Steps between two drops.</summary>
    [Range(1L, 1_000_000_000L)]
    public long Every { get; init; } = 10_000;

    /// <summary>What each drop multiplies the learning rate by.</summary>
    [Range(0.0, 1.0)]
    public double Factor { get; init; } = 0.1;

    private protected override Func<long, double> AfterWarmup(long steps) => Schedule.Step(Every, Factor);
}

/// <summary>The factor falls from 1 to <see cref="Floor"/> along half a cosine over the rest of the run (Loshchilov and
/// Hutter, 2017, https://arxiv.org/abs/1608.03983, without restarts).</summary>
public sealed record CosineScheduleOptions : ScheduleOptions
{
    /// <summary>Factor at the end of the run.</summary>
    [Range(0.0, 1.0)]
    public double Floor { get; init; }

    private protected override Func<long, double> AfterWarmup(long steps) => Schedule.Cosine(steps, Floor);
}

/// <summary>The factor rises to 1 over the warm-up, then falls as the inverse square root of the step (Vaswani et al.,
/// 2017, section 5.3, https://arxiv.org/abs/1706.03762).</summary>
public sealed record InverseSquareRootScheduleOptions : ScheduleOptions
{
    /// <inheritdoc/>
    public override Func<long, double> ToFactor(long totalSteps) => Schedule.InverseSqrt(Math.Max(1, Warmup));

    private protected override Func<long, double> AfterWarmup(long steps) => Schedule.Constant();
}
