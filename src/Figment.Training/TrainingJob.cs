using Figment.Data.Loading;
using Figment.Torch;
using Figment.Training.Distributed;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training;

/// <summary>All that a training run works with. Whoever makes the parts disposes them.</summary>
public sealed record TrainingJob
{
    /// <summary>What is trained.</summary>
    public required ITrainingTask Task { get; init; }

    /// <summary>Where batches come from.</summary>
    public required DataLoader Data { get; init; }

    /// <summary>How long, and what is kept.</summary>
    public required PlanOptions Plan { get; init; }

    /// <summary>Seed of the run's random streams.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Where the module lies and the step is computed.</summary>
    public Device Device { get; init; } = Device.Cpu;

    /// <summary>Where the run is kept. When it holds a checkpoint the run goes on from the newest that
    /// verifies. Null on every rank but the first.</summary>
    public required RunFolder? Run { get; init; }

    /// <summary>The processes that train together; their loaders deliver rows of the same batches.</summary>
    public Ranks Ranks { get; init; } = Ranks.Alone;

    /// <summary>Who watches.</summary>
    public IReadOnlyList<ITrainingObserver> Observers { get; init; } = [];

    /// <summary>Draws a preview from a stream of its own, in evaluation mode with the averaged weights where the plan
    /// keeps them. It gets the same numbers each time, so that pictures show training and not chance.</summary>
    public Func<Rng, Picture>? Preview { get; init; }

    /// <summary>Measures the model on the validation set, in the same mode, with the same numbers each time.</summary>
    public Func<Rng, IReadOnlyDictionary<string, double>>? Evaluate { get; init; }

    /// <summary>Name of the one player to step; null steps all.</summary>
    public string? OnlyPlayer { get; init; }

    /// <summary>Refuses a job that cannot be run.</summary>
    /// <exception cref="OptionsException">The plan is not valid.</exception>
    /// <exception cref="ArgumentException">The players' names are not usable.</exception>
    internal void Check()
    {
        var faults = new OptionFormat(TrainOptions.AddTo(new OptionRegistry())).Check(Plan);
        if (faults.Count > 0)
            throw new OptionsException([.. faults.Select(f => f with { Path = $"plan.{f.Path}".TrimEnd('.') })]);
        if (Ranks.IsFirst != Run is not null)
            throw new ArgumentException("the first rank, and no other, keeps the run");
        if (Data.Share != (Ranks.Rank, Ranks.Size))
            throw new ArgumentException(
                $"rank {Ranks.Rank} of {Ranks.Size} needs a loader for its own rows; this one is for "
                + $"rank {Data.Share.Rank} of {Data.Share.Ranks}");
        var names = Task.Players.Select(p => p.Name).ToList();
        if (names.Distinct().Count() < names.Count || names.Any(n => n is "" || n.Contains('.')))
            throw new ArgumentException(
                $"players need names of their own, without dots: {string.Join(", ", names)}");
        if (Plan.Accumulate > 1 && Task.Players.Count > 1)
            throw new ArgumentException(
                "plan.accumulate needs a task of one player: players that take turns see each other's steps");
        if (Plan.Accumulate > 1 && Ranks.Size > 1)
            throw new ArgumentException(
                "plan.accumulate is for one process: several ranks sum their gradients at each backward pass");
        if (Plan.Precision == Precision.Tf32 && !Device.IsCuda)
            throw new ArgumentException("plan.precision=tf32 needs a GPU (--device cuda); a CPU has no TF32");
        if (OnlyPlayer is not null && !names.Contains(OnlyPlayer))
            throw new ArgumentException($"'{OnlyPlayer}' is not a player; there are {string.Join(", ", names)}");
    }
}
