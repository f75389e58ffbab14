using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Figment.Torch;
using Figment.Torch.Runtime;
using Figment.Training;
using Figment.Training.Checkpoints;
using Figment.Training.Distributed;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>Training: plan it, begin it, go on with it.</summary>
public static class Train
{
    private const int TimedSteps = 8;

    /// <summary>Resolves a request and estimates its cost by timing a few steps; nothing is written.</summary>
    public static TrainPlan Plan(TrainRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        var configuration = Configuration.Resolve(request);
        RuntimeTuning.HeedOtherProcesses();
        NativeLoader.EnsureLoaded();
        using var session = RunSession.Open(configuration,
            ComputeDevice.Resolve(request.Device), progress, cancellation);
        var seconds = TimeSteps(session);
        var parameters = session.Module.ParameterCount;
        return new TrainPlan(configuration.Name, configuration.Card.Id, configuration.Yaml, session.Data.Train.Count,
            session.Data.Shape.ToString(), session.TotalSteps, parameters, seconds, seconds * session.TotalSteps,
            // Weights and Adam's two moments, and the average of the weights where one is kept.
            parameters * sizeof(float) * (configuration.Options.Plan.EmaDecay is null ? 3 : 4));
    }

    /// <summary>Begins a run and trains it until its end or until it is asked to stop.</summary>
    /// <param name="command">The command line, kept in the run for people.</param>
    /// <param name="request">What to train.</param>
    /// <param name="progress">Told what happens.</param>
    /// <param name="stop">Asks to finish the step, save and return.</param>
    /// <exception cref="FigmentException">The request names nothing that exists.</exception>
    /// <exception cref="OptionsException">The configuration has faults.</exception>
    public static RunOutcome Start(TrainRequest request, IProgress<WorkEvent> progress,
        string? command = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var configuration = Configuration.Resolve(request);
        return Together.Run(progress, (ranks, heard) => Start(request, configuration, ranks, heard, command, stop));
    }

    private static RunOutcome Start(TrainRequest request, Configuration configuration,
        Ranks ranks, IProgress<WorkEvent> progress,
        string? command, CancellationToken stop)
    {
        // Ranks of one job are no strangers to each other.
        if (ranks.Size == 1) RuntimeTuning.HeedOtherProcesses();
        NativeLoader.EnsureLoaded();
        var device = ComputeDevice.Resolve(Together.DeviceOf(request.Device));
        using var session = RunSession.Open(configuration, device, progress, stop, ranks);
        var initFrom = request.InitFrom is { } source ? Begin(session, request.RunsFolder, source) : null;
        var environment = ExactEnvironment.Current(session.Device, session.Data.Train.ContentHash,
            session.Data.Shape.ToString(), command, ranks.Size);
        using var run = !ranks.IsFirst ? null : RunFolder.Create(request.RunsFolder,
            new RunStart(configuration.Name, configuration.Options.Seed, configuration.Yaml, environment,
                ProductVersion.Current.Version, initFrom));
        return Work(session, ranks, run, progress, stop);
    }

    /// <summary>Goes on with a run from its newest checkpoint, to the same bits as if it had never stopped.</summary>
    /// <exception cref="FigmentException">The environment is not that of the start, and that was not
    /// allowed.</exception>
    /// <exception cref="RunBusyException">Another process writes the run.</exception>
    public static RunOutcome Resume(ResumeRequest request, IProgress<WorkEvent> progress,
        CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var catalog = new RunCatalog(request.RunsFolder);
        var id = catalog.Find(request.Run);
        Configuration configuration;
        RunEnvironment began;
        using (var view = catalog.Open(id))
        {
            configuration = Configuration.Of(view.Record.Name, view.ReadConfig(), $"{id}/config.yaml");
            began = view.ReadEnvironment();
        }

        ExactEnvironment.Restore(began, RankSettings.FromEnvironment()?.Size ?? 1);
        return Together.Run(progress, (ranks, heard) => Resume(request, id, configuration, began, ranks, heard, stop));
    }

    private static RunOutcome Resume(ResumeRequest request, string id, Configuration configuration,
        RunEnvironment began, Ranks ranks, IProgress<WorkEvent> progress, CancellationToken stop)
    {
        NativeLoader.EnsureLoaded();
        var device = ComputeDevice.Resolve(Together.DeviceOf(request.Device ?? ExactEnvironment.DeviceOf(began)));
        using var session = RunSession.Open(configuration, device, progress, stop, ranks);
        var differences = began.DifferencesTo(ExactEnvironment.Current(device, session.Data.Train.ContentHash,
            session.Data.Shape.ToString(), null, ranks.Size));
        if (ranks.IsFirst && differences.Count > 0 && !request.AllowInexact)
            throw new FigmentException($"{id} cannot go on to the same bits: {string.Join("; ", differences)}",
                "restore these, or pass --allow-inexact to go on all the same");
        foreach (var difference in differences) progress.Report(new Remark($"not exact: {difference}"));
        using var run = ranks.IsFirst ? RunFolder.Reopen(request.RunsFolder, id) : null;
        return Work(session, ranks, run, progress, stop);
    }

    internal static string HashOf(string yaml) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(yaml)));

    private static RunOutcome Work(RunSession session, Ranks ranks, RunFolder? run,
        IProgress<WorkEvent> progress, CancellationToken stop)
    {
        var configuration = session.Configuration;
        var result = Trainer.Run(new TrainingJob
        {
            Task = session.Task,
            Data = session.Loader,
            Plan = configuration.Options.Plan,
            Seed = configuration.Options.Seed,
            Device = session.Device,
            Run = run,
            Ranks = ranks,
            Preview = run is null ? null : session.Preview,
            Evaluate = session.Evaluate,
            Observers = run is null ? []
                : [new TrainingEvents(progress, run, configuration.Card.Id, session.Data.Name)],
        }, stop);
        run?.WriteCard(CardWriting.Describe(session, run, result));
        var reason = result.Reason.ToString();
        return new RunOutcome(run?.Record.Id ?? "", run?.FullPath ?? "", char.ToLowerInvariant(reason[0]) + reason[1..],
            result.Message, result.Step,
            result.Seconds, result.Values, result.BestStep)
        {
            Next = configuration.Card switch
            {
                { RecognizesClasses: true } => "evaluate",
                { DrawsSamples: false, EncodesImages: true } => "reconstruct",
                _ => "sample",
            },
        };
    }

    private static string Begin(RunSession session, string runs, string source)
    {
        var catalog = new RunCatalog(runs);
        using var view = Directory.Exists(source) && File.Exists(Path.Combine(source, "run.json"))
            ? RunView.Open(source)
            : catalog.Open(catalog.Find(source));
        var checkpoint = view.Checkpoints.Newest(out _)
            ?? throw new FigmentException($"{view.Record.Id} has no checkpoint to begin with");
        TensorScope.Run(() => Weights.Load(session.Module, checkpoint));
        return $"{view.Record.Id} step {checkpoint.Manifest.Step} {checkpoint.Hash}";
    }

    // The first steps pay for pages and threads that later ones find ready.
    private static double TimeSteps(RunSession session)
    {
        var folder = Directory.CreateTempSubdirectory("figment-plan-");
        try
        {
            var plan = session.Configuration.Options.Plan with
            {
                Steps = Math.Min(TimedSteps, session.TotalSteps),
                Epochs = null,
                PreviewInterval = 0,
                EvaluationInterval = 0,
                BestBy = null,
                Patience = null,
                Schedule = new ConstantScheduleOptions(),
                MetricInterval = 1,
            };
            using var run = RunFolder.Create(folder.FullName, new RunStart("plan", 0, "", new RunEnvironment(
                new Dictionary<string, string>(), new Dictionary<string, string>())));
            var times = new List<double>();
            var last = Stopwatch.GetTimestamp();
            Trainer.Run(new TrainingJob
            {
                Task = session.Task,
                Data = session.Loader,
                Plan = plan,
                Seed = session.Configuration.Options.Seed,
                Device = session.Device,
                Run = run,
                Observers = [new StepClock(step =>
                {
                    times.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                    last = Stopwatch.GetTimestamp();
                })],
            });
            return times.Count == 0 ? 0 : times.Order().ElementAt(times.Count / 2);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class StepClock(Action<long> tick) : ITrainingObserver
    {
        public void Observe(TrainingEvent happened)
        {
            if (happened is TrainingMeasured { Row: var row }) tick(row.Step);
        }
    }
}
