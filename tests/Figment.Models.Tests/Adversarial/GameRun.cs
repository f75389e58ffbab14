using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;
using Figment.Training.Runs;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>Plays an adversarial game with the task and the trainer that users' runs have.</summary>
internal sealed class GameRun : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("figment-game-");

    /// <summary>Batches of 16.</summary>
    public static LoaderOptions InSixteens { get; } = new() { BatchSize = 16, Seed = 1 };

    /// <summary>One batch of noise, 16 pictures.</summary>
    /// <param name="shape">Of a picture.</param>
    /// <param name="classes">Classes that they are labelled with in turn; 0 for no labels.</param>
    public static MemoryImages Noise(ImageShape shape, int classes = 0)
    {
        var pixels = new byte[16 * shape.Length];
        new Random(1).NextBytes(pixels);
        return new MemoryImages("noise", shape, pixels,
            classes > 0 ? [.. Enumerable.Range(0, 16).Select(i => i % classes)] : null);
    }

    /// <summary>Trains and gives what was logged, step by step.</summary>
    /// <param name="game">How the players play.</param>
    /// <param name="only">The one player to step.</param>
    /// <param name="loading">How the data are read; else in batches of 16.</param>
    /// <param name="seed">Of the noise.</param>
    public static List<IReadOnlyDictionary<string, double>> Train(IAdversaries players, GameOptions game,
        Func<Module, Optimizer> optimizer, IImageSource data, int steps, string? only = null,
        LoaderOptions? loading = null, ulong seed = 7) =>
        Train(new AdversarialTask(players, optimizer, game), data, steps, only, loading, seed);

    /// <summary>Trains by a task, whose optimisers end with it, and gives what was logged, step by step.</summary>
    public static List<IReadOnlyDictionary<string, double>> Train(ITrainingTask task, IImageSource data, int steps,
        string? only = null, LoaderOptions? loading = null, ulong seed = 7)
    {
        using var run = new GameRun();
        using var loader = new DataLoader(data, loading ?? InSixteens);
        var rows = new List<IReadOnlyDictionary<string, double>>();
        run.Start(task, loader, steps, job => job with
        {
            OnlyPlayer = only,
            Seed = seed,
            Observers = [new Watcher(rows)],
        });
        return rows;
    }

    /// <summary>Begins a run; gives its id.</summary>
    public string Start(IAdversaries players, GameOptions game, Func<Module, Optimizer> optimizer, DataLoader data,
        int steps, Func<TrainingJob, TrainingJob>? with = null, CancellationToken stop = default) =>
        Start(new AdversarialTask(players, optimizer, game), data, steps, with, stop);

    /// <summary>Begins a run by a task, whose optimisers end with it; gives its id.</summary>
    public string Start(ITrainingTask task, DataLoader data, int steps,
        Func<TrainingJob, TrainingJob>? with = null, CancellationToken stop = default)
    {
        var environment = new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>());
        using var run = RunFolder.Create(folder.FullName, new RunStart("game", 1, "", environment));
        Play(run, task, data, steps, with, stop);
        return run.Record.Id;
    }

    /// <summary>Begins a run that is stopped after so many steps; gives its id.</summary>
    public string StopAfter(int after, ITrainingTask task, DataLoader data, int steps)
    {
        using var source = new CancellationTokenSource();
        return Start(task, data, steps, job => job with { Observers = [new Stopper(source, after)] }, source.Token);
    }

    /// <summary>Goes on with a run.</summary>
    public void Resume(string id, IAdversaries players, GameOptions game, Func<Module, Optimizer> optimizer,
        DataLoader data, int steps) => Resume(id, new AdversarialTask(players, optimizer, game), data, steps);

    /// <summary>Goes on with a run by a task, whose optimisers end with it.</summary>
    public void Resume(string id, ITrainingTask task, DataLoader data, int steps)
    {
        using var run = RunFolder.Reopen(folder.FullName, id);
        Play(run, task, data, steps, null, default);
    }

    /// <summary>Names and hashes of the files of the newest checkpoint.</summary>
    public string Fingerprint(string id)
    {
        using var view = new RunCatalog(folder.FullName).Open(id);
        return string.Join('\n', view.Checkpoints.Newest(out _)!.Manifest.Files.Select(f => $"{f.Name} {f.Sha256}"));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static void Play(RunFolder run, ITrainingTask task, DataLoader data, int steps,
        Func<TrainingJob, TrainingJob>? with, CancellationToken stop)
    {
        try
        {
            var job = new TrainingJob
            {
                Task = task,
                Data = data,
                Plan = new PlanOptions { Steps = steps, MetricInterval = 1 },
                Seed = 7,
                Run = run,
            };
            var result = Trainer.Run(with is null ? job : with(job), stop);
            Assert.Equal(stop.CanBeCanceled ? StopReason.Cancelled : StopReason.Finished, result.Reason);
        }
        finally
        {
            foreach (var player in task.Players) player.Optimizer.Dispose();
            task.Memory?.Dispose();
        }
    }

    private sealed class Stopper(CancellationTokenSource source, int after) : ITrainingObserver
    {
        public void Observe(TrainingEvent happened)
        {
            if (happened is TrainingMeasured measured && measured.Row.Step == after) source.Cancel();
        }
    }

    private sealed class Watcher(List<IReadOnlyDictionary<string, double>> rows) : ITrainingObserver
    {
        public void Observe(TrainingEvent happened)
        {
            if (happened is TrainingMeasured { Row.Kind: "train" } measured) rows.Add(measured.Row.Values);
        }
    }
}

/// <summary>Players who are handed their images and noise, so that two implementations can be given the same.</summary>
internal sealed partial class Rehearsal : Module, IAdversaries
{
    private readonly Module model;
    [NotPartOfModule]
    private readonly IAdversaries players;
    private readonly Func<int, Tensor>? images;
    private readonly Func<int, Tensor> noise;
    private int step = -1;

    /// <param name="players">Who play.</param>
    /// <param name="images">The images of each step; null takes those of the data.</param>
    /// <param name="noise">The noise of each step.</param>
    public Rehearsal(IAdversaries players, Func<int, Tensor>? images, Func<int, Tensor> noise)
    {
        (this.players, model) = (players, (Module)players);
        (this.images, this.noise) = (images, noise);
    }

    /// <summary>Of each judgement: whether the discriminator's parameters took a gradient in it.</summary>
    [NotPartOfModule]
    public List<bool> Learns { get; } = [];

    Module IAdversaries.Generator => players.Generator;

    Module IAdversaries.Discriminator => players.Discriminator;

    int IAdversaries.Classes => players.Classes;

    public Tensor Real(Tensor given)
    {
        step++;
        return players.Real(images is null ? given : images(step));
    }

    public Tensor Noise(long count, Rng rng) => noise(step);

    public Tensor Generate(Tensor z, Tensor? y) => players.Generate(z, y);

    public Tensor Discriminate(Tensor x, Tensor? y, Rng rng)
    {
        Learns.Add(players.Discriminator.Parameters().All(p => p.RequiresGrad));
        return players.Discriminate(x, y, rng);
    }

    public Tensor? GeneratorPenalty() => players.GeneratorPenalty();
}
