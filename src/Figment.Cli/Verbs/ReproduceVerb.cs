using System.CommandLine;
using System.CommandLine.Completions;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class ReproduceVerb
{
    public static Command Create(Terminal terminal)
    {
        var preset = new Argument<string>("preset") { Description = "The preset; figment models list shows them." };
        preset.CompletionSources.Add(_ => ModelLibrary.List().SelectMany(model => model.Presets)
            .Where(found => found.Expectation is not null)
            .Select(found => new CompletionItem(found.Id)));
        var seed = new Option<ulong?>("--seed") { Description = "Another seed than the preset's.", HelpName = "n" };
        var results = new Option<string>("--results")
        {
            Description = "The folder for result files; results.md is written beside it.",
            HelpName = "folder",
            DefaultValueFactory = _ => Path.Combine("docs", "results"),
        };
        var (device, runs, mode, json) = (CommonOptions.Device(), CommonOptions.Runs(),
            CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("reproduce",
            "Train a preset, measure it, and check the figure that it promises. A cut-off one goes on.",
            new Example("figment reproduce vae-mnist", "exit code 1 if the figure is missed"),
            new Example("figment reproduce vae-binarized-mnist --seed 1",
                "the published protocol, another seed")) { preset, seed, results, device, runs, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new ReproduceRequest
            {
                Preset = parsed.GetRequiredValue(preset),
                Seed = parsed.GetValue(seed),
                ResultsFolder = parsed.GetRequiredValue(results),
                RunsFolder = parsed.GetRequiredValue(runs),
                Device = parsed.GetRequiredValue(device),
                Command = Work.CommandLine,
            };
            return Work.Stoppable(terminal, parsed, mode, json,
                (progress, stop) => Reproduce.Run(request, progress, stop), Print,
                result => result.Reached ? ExitCode.Ok : ExitCode.Failure);
        });
        return verb;
    }

    private static void Print(ReproductionResult result, TextWriter output) => output.WriteLine(result.Text);
}
