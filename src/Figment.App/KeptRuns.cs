using Figment.Training.Runs;

namespace Figment.App;

/// <summary>Runs that are trained once: one that exists with the same name and configuration is gone on with, or only
/// measured.</summary>
internal static class KeptRuns
{
    /// <summary>Trains a configuration, goes on with its run, or finds it done.</summary>
    /// <param name="configuration">What is trained.</param>
    /// <param name="request">What it was resolved from.</param>
    /// <param name="command">The command line, kept in a new run.</param>
    /// <param name="progress">Told what happens.</param>
    /// <param name="stop">Asks to finish the step, save and return.</param>
    public static RunOutcome Train(Configuration configuration, TrainRequest request, string? command,
        IProgress<WorkEvent> progress, CancellationToken stop) => Find(request.RunsFolder, configuration) switch
        {
            { Status: RunStatus.Finished or RunStatus.Diverged } found =>
                Ended(found.Id, found.Status, request, progress),
            { } found => App.Train.Resume(new ResumeRequest
            {
                Run = found.Id,
                RunsFolder = request.RunsFolder,
                Device = request.Device,
            }, progress, stop),
            null => App.Train.Start(request, progress, command, stop),
        };

    private static (string Id, RunStatus Status)? Find(string runsFolder, Configuration configuration)
    {
        foreach (var run in new RunCatalog(runsFolder).Runs())
            using (run)
            {
                if (run.Record.Name == configuration.Name && run.ReadConfig() == configuration.Yaml
                    && run.Record.InitFrom is null && run.Record.Status is RunStatus.Finished or RunStatus.Diverged
                        or RunStatus.Stopped or RunStatus.Interrupted)
                    return (run.Record.Id, run.Record.Status);
            }

        return null;
    }

    private static RunOutcome Ended(string id, RunStatus status, TrainRequest request, IProgress<WorkEvent> progress)
    {
        var (reason, words) = status == RunStatus.Finished ? ("finished", "finished")
            : ("diverged", "known to diverge");
        progress.Report(new Remark($"{id} is {words}: it is not trained again"));
        var details = Runs.Show(request.RunsFolder, id);
        return new RunOutcome(id, details.Folder, reason, "it was trained before",
            details.Summary.Step, 0, details.Summary.Metrics, details.BestStep);
    }
}
