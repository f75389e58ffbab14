using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class EvaluateVerb
{
    public static Command Create(Terminal terminal)
    {
        var metric = new Option<string>("--metric") { Description = "elbo (a bound, one draw) or log-likelihood (importance sampling).", HelpName = "name", DefaultValueFactory = _ => "elbo" };
        metric.CompletionSources.Add("elbo", "log-likelihood");
        var draws = new Option<int>("--draws") { Description = "Draws an example for the log-likelihood.", HelpName = "n", DefaultValueFactory = _ => 200 };
        var split = new Option<string>("--split") { Description = "train, validation or test.", HelpName = "part", DefaultValueFactory = _ => "test" };
        split.CompletionSources.Add("train", "validation", "test");
        var seed = new Option<ulong>("--seed") { Description = "Decides binarisation and draws.", HelpName = "n", DefaultValueFactory = _ => 1 };
        var limit = new Option<int>("--limit") { Description = "Only the first examples; 0 takes all.", HelpName = "n", DefaultValueFactory = _ => 0 };
        var (run, checkpoint, device, runs, mode, json) =
            (CommonOptions.Run(), CommonOptions.Checkpoint(), CommonOptions.Device(), CommonOptions.Runs(), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("evaluate", "Measure a trained model; a figure always comes with its protocol and standard error.",
            new Example("figment evaluate", "test ELBO of the newest run"),
            new Example("figment evaluate vae-mnist --metric log-likelihood --draws 200", "a tighter bound"))
        { run, metric, draws, split, seed, limit, checkpoint, device, runs, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new EvaluateRequest
            {
                Source = new ModelSource { Run = parsed.GetRequiredValue(run), Checkpoint = parsed.GetRequiredValue(checkpoint), RunsFolder = parsed.GetRequiredValue(runs), Device = parsed.GetRequiredValue(device) },
                Metric = parsed.GetRequiredValue(metric),
                Draws = parsed.GetValue(draws),
                Split = parsed.GetRequiredValue(split),
                Seed = parsed.GetValue(seed),
                Limit = parsed.GetValue(limit),
            };
            return Work.Show(terminal, parsed, mode, json, (progress, stop) => Evaluate.Run(request, progress, stop),
                (result, output) => output.WriteLine($"{result.Run}, step {Phrases.Count(result.Checkpoint)}: {result.Text}"));
        });
        return verb;
    }
}
