using System.CommandLine;
using System.CommandLine.Completions;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class TrainVerb
{
    public static Command Create(Terminal terminal)
    {
        var what = new Argument<string?>("what")
        {
            Description = "A preset (vae-mnist) or a model (vae); figment models list shows them.",
            DefaultValueFactory = _ => null,
            HelpName = "preset or model",
        };
        what.CompletionSources.Add(_ => ModelLibrary.List()
            .SelectMany(model => model.Presets.Select(preset => preset.Id).Prepend(model.Id))
            .Select(id => new CompletionItem(id)));
        var config = new Option<string?>("--config", "-c")
        {
            Description = "A configuration file (YAML) laid over the preset.",
            HelpName = "file",
        };
        var data = new Option<string?>("--data", "-d")
        {
            Description = "A data set (figment data list), a folder of pictures, or an array file.",
            HelpName = "set or path",
        };
        var size = new Option<int?>("--size")
        {
            Description = "Height and width to which pictures are brought.",
            HelpName = "pixels",
        };
        var steps = new Option<long?>("--steps")
        {
            Description = "Optimiser steps, instead of epochs.",
            HelpName = "n",
        };
        var epochs = new Option<double?>("--epochs")
        {
            Description = "Passes over the training set, instead of steps.",
            HelpName = "n",
        };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of everything random.", HelpName = "n" };
        var initFrom = new Option<string?>("--init-from")
        {
            Description = "Begin with the weights of this run (fine-tuning).",
            HelpName = "run",
        };
        var name = new Option<string?>("--name") { Description = "What the run is called.", HelpName = "name" };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Print the resolved configuration and its estimated cost; train nothing.",
        };
        var (device, sets, runs, mode, json) = (CommonOptions.Device(), CommonOptions.Set(),
            CommonOptions.Runs(), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("train", "Train a model; the run is kept in a folder and can be resumed.",
            new Example("figment train vae-mnist", "a preset"),
            new Example("figment train conv-vae --data ./my-photos --size 64",
                "your own pictures (class = sub-folder)"),
            new Example("figment train vae --set model.latent=2 --set plan.batch=256", "any option by name"),
            new Example("figment train -c config.yaml --dry-run", "what would it be, and cost?"),
            new Example("figment train vae-mnist --progress json", "one event a line"))
        { what, config, data, size, steps, epochs, seed, sets, initFrom, name, device, dryRun, runs, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new TrainRequest
            {
                What = parsed.GetValue(what),
                ConfigFile = parsed.GetValue(config),
                Data = parsed.GetValue(data),
                Size = parsed.GetValue(size),
                Steps = parsed.GetValue(steps),
                Epochs = parsed.GetValue(epochs),
                Seed = parsed.GetValue(seed),
                Sets = parsed.GetValue(sets) ?? [],
                InitFrom = parsed.GetValue(initFrom),
                Name = parsed.GetValue(name),
                Device = parsed.GetRequiredValue(device),
                RunsFolder = parsed.GetRequiredValue(runs),
            };
            return parsed.GetValue(dryRun)
                ? Work.Show(terminal, parsed, mode, json,
                    (progress, stop) => Train.Plan(request, progress, stop), Print)
                : Work.Do(terminal, parsed, mode, json,
                    (progress, stop) => Train.Start(request, progress, Work.CommandLine, stop), Print, Outcome);
        });
        return verb;
    }

    /// <summary>What to do next with a run that ended.</summary>
    internal static void Print(RunOutcome run, TextWriter output)
    {
        output.WriteLine($"Run {run.Run} in {run.Folder}");
        output.WriteLine(run.Reason switch
        {
            "cancelled" => $"Stopped and saved at step {Phrases.Count(run.Step)}. Go on: figment resume {run.Run}",
            "diverged" =>
                $"It diverged: {run.Message}. The last good checkpoint is kept; a smaller learning rate may help.",
            _ => (run.Next == "sample" ? $"Look: {Path.Combine(run.Folder, "samples")}. " : "")
                + $"Next: figment {run.Next} {run.Run}",
        });
    }

    /// <summary>The exit code of an ended run.</summary>
    internal static int Outcome(RunOutcome run) => run.IsComplete ? ExitCode.Ok : ExitCode.Failure;

    private static void Print(TrainPlan plan, TextWriter output)
    {
        output.WriteLine(plan.Config.TrimEnd());
        output.WriteLine();
        output.WriteLine($"# {plan.Name}: {plan.Model}, {Phrases.Count(plan.Parameters)} parameters, "
            + $"{Phrases.Count(plan.Images)} images of {plan.Shape}");
        output.WriteLine($"# {Phrases.Count(plan.Steps)} steps of {plan.SecondsPerStep * 1000:0.0} ms: "
            + $"about {Phrases.Time(plan.EstimatedSeconds)} in steps; "
            + $"a checkpoint takes {Phrases.Bytes(plan.CheckpointBytes)}");
    }
}
