using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Training;
using Figment.Training.Options;
using Figment.Training.Runs;
using Xunit;

namespace Figment.Models.Tests.Recognition;

/// <summary>Runs a task by the trainer in a folder that is removed; the task's optimisers end with it.</summary>
internal static class TrainerRun
{
    public static void Of(ITrainingTask task, IImageSource source, PlanOptions plan, ulong seed = 7)
    {
        var folder = Directory.CreateTempSubdirectory("figment-task-");
        try
        {
            using var loader = new DataLoader(source, new LoaderOptions { BatchSize = plan.Batch, Seed = seed });
            var environment = new RunEnvironment(new Dictionary<string, string>(), new Dictionary<string, string>());
            using var run = RunFolder.Create(folder.FullName, new RunStart("task", seed, "", environment));
            var result = Trainer.Run(new TrainingJob { Task = task, Data = loader, Plan = plan, Seed = seed, Run = run });
            Assert.Equal(StopReason.Finished, result.Reason);
        }
        finally
        {
            foreach (var player in task.Players) player.Optimizer.Dispose();
            folder.Delete(recursive: true);
        }
    }
}
