using System.Diagnostics;
using System.Globalization;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>How long one side measures: the twin of common.py's options.</summary>
internal sealed record MeasureOptions
{
    /// <summary>Time after which no further step is timed.</summary>
    public double Seconds { get; init; } = 3;

    /// <summary>Steps that are timed at least, however long they take.</summary>
    public int LeastSteps { get; init; } = 3;

    /// <summary>Steps that are timed at most.</summary>
    public int MostSteps { get; init; } = 300;

    /// <summary>Steps that only warm up, at most; those that were compared have warmed up already.</summary>
    public int WarmUps { get; init; } = 30;

    /// <summary>Time after which no further step is compared; two are at least.</summary>
    public double CheckSeconds { get; init; } = 60;

    public static MeasureOptions Read(string[] args)
    {
        var options = new MeasureOptions();
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            var value = double.Parse(args[i + 1], CultureInfo.InvariantCulture);
            options = args[i] switch
            {
                "--seconds" => options with { Seconds = value },
                "--least-steps" => options with { LeastSteps = (int)value },
                "--most-steps" => options with { MostSteps = (int)value },
                "--warm-ups" => options with { WarmUps = (int)value },
                "--check-seconds" => options with { CheckSeconds = value },
                _ => throw new ArgumentException($"unknown option {args[i]}", nameof(args)),
            };
        }

        return options;
    }
}

/// <summary>One side's work, ready to run.</summary>
/// <param name="Check">
/// Step number k with everything made by <see cref="Formula"/>: its loss, read. Called for k = 0, 1, ... before any time is
/// taken.
/// </param>
/// <param name="Step">Step number k as a user would run it: random noise, nothing read.</param>
/// <param name="Owned">Released at the end.</param>
internal sealed record Work(Func<int, double> Check, Action<int> Step, params IDisposable[] Owned)
{
    /// <summary>How many steps are compared.</summary>
    public int Checks { get; init; } = 10;
}

/// <summary>Runs one side: checked steps first, then timed ones under watch of the peak memory.</summary>
internal static class Measure
{
    /// <param name="args">See <see cref="MeasureOptions"/>.</param>
    /// <param name="build">Makes the model; what it holds counts as memory.</param>
    public static Side Run(string[] args, Func<Work> build)
    {
        var options = MeasureOptions.Read(args);
        LoadLibraries();
        LibTorch.ReleaseMemory(); // what loading left in the heap is no gain of what follows
        var before = ProcessMemory.Resident;
        var work = build();
        LibTorch.ReleaseMemory(); // as a trainer does before its first step

        var (losses, durations) = (new List<double>(), new List<double>());
        var watch = Stopwatch.StartNew();
        while (losses.Count < work.Checks && (losses.Count < 2 || watch.Elapsed.TotalSeconds < options.CheckSeconds))
            durations.Add(Microseconds(() => losses.Add(work.Check(losses.Count))));

        // A side too slow for all comparisons has warmed up in those it made, and they count as timed steps.
        var slow = losses.Count < work.Checks;
        var times = slow ? durations[1..] : [];
        ProcessMemory.ForgetPeak();
        watch.Restart();
        for (var k = 0; !slow && k < options.WarmUps && watch.Elapsed.TotalSeconds < options.Seconds / 4; k++)
            TensorScope.Run(() => work.Step(k));

        watch.Restart();
        while (times.Count < options.LeastSteps
            || (times.Count < options.MostSteps && watch.Elapsed.TotalSeconds < options.Seconds))
            times.Add(Microseconds(() => work.Step(times.Count)));

        var peak = ProcessMemory.Peak;
        foreach (var owned in work.Owned) owned.Dispose();
        return new()
        {
            Losses = [.. losses],
            Microseconds = Comparison.Median(times),
            Steps = times.Count,
            Bytes = peak - before,
        };
    }

    private static double Microseconds(Action step)
    {
        var start = Stopwatch.GetTimestamp();
        TensorScope.Run(step);
        return Stopwatch.GetElapsedTime(start).TotalMicroseconds;
    }

    // libtorch and its BLAS are in memory and their threads run before the model's memory is counted.
    private static void LoadLibraries() => TensorScope.Run(() =>
    {
        var x = Tensor.Ones([4, 8, 16, 16]);
        var w = Tensor.Ones([8, 8, 3, 3]);
        w.RequiresGrad = true;
        Ops.Conv2d(x, w).Sum().Backward();
        w.Grad = null;
        Tensor.Ones([128, 128]).MatMul(Tensor.Ones([128, 128]));
    });
}
