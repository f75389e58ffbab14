namespace Figment.Nn;

/// <summary>
/// Learning-rate schedules: pure functions from the number of steps already taken to a factor of the learning rate.
/// Because they hold no state, resuming needs nothing but the step's number.
/// </summary>
public static class Schedule
{
    /// <summary>1 throughout.</summary>
    public static Func<long, double> Constant() => _ => 1;

    /// <summary>Multiplied by <paramref name="factor"/> after every <paramref name="every"/> steps.</summary>
    public static Func<long, double> Step(long every, double factor)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(every);
        return step => Math.Pow(factor, step / every);
    }

    /// <summary>
    /// Falls from 1 to <paramref name="floor"/> along half a cosine, then stays (Loshchilov and Hutter 2016).
    /// </summary>
    public static Func<long, double> Cosine(long length, double floor = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return step => floor + ((1 - floor) * (1 + Math.Cos(Math.PI * Math.Min(step, length) / length)) / 2);
    }

    /// <summary>Rises in even parts, (step + 1) / length, to 1, then goes on as <paramref name="then"/>.</summary>
    /// <param name="length">How many steps the rise takes.</param>
    /// <param name="then">What follows, counted from its own 0; constant when null.</param>
    public static Func<long, double> LinearWarmup(long length, Func<long, double>? then = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        return step => step < length ? (step + 1.0) / length : then?.Invoke(step - length) ?? 1;
    }

    /// <summary>
    /// Rises to 1 over the warm-up, then falls with the root of the steps: min((t + 1) / w, sqrt(w / (t + 1)))
    /// (Vaswani et al. 2017, section 5.3, as a factor of its peak).
    /// </summary>
    public static Func<long, double> InverseSqrt(long warmup)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(warmup);
        return step => Math.Min((step + 1.0) / warmup, Math.Sqrt(warmup / (step + 1.0)));
    }
}
