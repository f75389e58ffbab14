using System.CommandLine;
using System.Globalization;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class RunsVerb
{
    public static Command Create(Terminal terminal)
    {
        var list = List(terminal);
        var show = Show(terminal);
        var verb = new Verb("runs", "List runs and look into one.",
            [.. list.Examples, .. show.Examples]) { list, show };
        return verb;
    }

    private static Verb List(Terminal terminal)
    {
        var (json, folder) = (CommonOptions.Json(), CommonOptions.Runs());
        var verb = new Verb("list", "List all runs, newest first.",
            new Example("figment runs list", "what was trained here"),
            new Example("figment runs list --json", "for scripts")) { folder, json };
        verb.SetAction(parsed =>
        {
            var runs = Runs.List(parsed.GetRequiredValue(folder));
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonOutput.Result(runs));
            else if (runs.Count == 0) terminal.Out.WriteLine(
                $"No run in {Path.GetFullPath(parsed.GetRequiredValue(folder))} yet. Begin with: figment demo");
            else
                Tables.Print(terminal, ["run", "status", "step", "epoch", "last losses"], runs.Select(run => (string[])
                    [run.Id, run.Status, Phrases.Count(run.Step),
                        run.Epoch.ToString("0.##", CultureInfo.InvariantCulture), Phrases.Losses(run.Metrics)]));
        });
        return verb;
    }

    private static Verb Show(Terminal terminal)
    {
        var (json, folder, run) = (CommonOptions.Json(), CommonOptions.Runs(), CommonOptions.Run());
        var verb = new Verb("show", "Show one run: state, metrics, checkpoints, pictures, configuration.",
            new Example("figment runs show latest", "the newest run"),
            new Example("figment runs show vae-mnist --json", "by name, for scripts")) { run, folder, json };
        verb.SetAction(parsed =>
        {
            var details = Runs.Show(parsed.GetRequiredValue(folder), parsed.GetRequiredValue(run));
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonOutput.Result(details));
            else Print(details, terminal.Out);
        });
        return verb;
    }

    private static void Print(RunDetails run, TextWriter output)
    {
        void Line(string name, string value)
        {
            if (value.Length > 0) output.WriteLine($"{name,-12} {value}");
        }

        var summary = run.Summary;
        Line("run", summary.Id);
        Line("folder", run.Folder);
        Line("status", summary.Reason is { } reason ? $"{summary.Status}: {reason}" : summary.Status);
        Line("begun", summary.Created.ToString("u", CultureInfo.InvariantCulture));
        Line("written", summary.Updated.ToString("u", CultureInfo.InvariantCulture));
        Line("step",
            $"{Phrases.Count(summary.Step)} (epoch {summary.Epoch.ToString("0.##", CultureInfo.InvariantCulture)})");
        Line("metrics", Phrases.Metrics(summary.Metrics));
        foreach (var (name, metrics) in run.HeldOut) Line(name, Phrases.Metrics(metrics));
        Line("checkpoints", string.Join(", ", run.Checkpoints.Select(step => step == run.BestStep
            ? $"{Phrases.Count(step)} (best)" : Phrases.Count(step))));
        Line("pictures", run.Samples.Count > 0 ? $"{run.Samples.Count}, the last is {run.Samples[^1]}" : "");
        output.WriteLine();
        output.WriteLine(run.Config.TrimEnd());
    }
}
