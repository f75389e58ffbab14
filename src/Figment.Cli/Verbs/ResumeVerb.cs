using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class ResumeVerb
{
    public static Command Create(Terminal terminal)
    {
        var inexact = new Option<bool>("--allow-inexact")
        {
            Description = "Go on although threads, libraries or data differ from the start: the bits will too.",
        };
        var device = new Option<string?>("--device")
        {
            Description = "Where to compute: cpu, cuda or cuda:N (default: where the run began).",
            HelpName = "device",
        };
        var (run, runs, mode, json) = (CommonOptions.Run(), CommonOptions.Runs(),
            CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("resume",
            "Go on with a run that was stopped or killed, to the same bits as if it never had been.",
            new Example("figment resume", "the newest run"),
            new Example("figment resume vae-mnist", "by name")) { run, inexact, device, runs, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new ResumeRequest
            {
                Run = parsed.GetRequiredValue(run),
                AllowInexact = parsed.GetValue(inexact),
                Device = parsed.GetValue(device),
                RunsFolder = parsed.GetRequiredValue(runs),
            };
            return Work.Do(terminal, parsed, mode, json, (progress, stop) => Train.Resume(request, progress, stop),
                TrainVerb.Print, TrainVerb.Outcome);
        });
        return verb;
    }
}
