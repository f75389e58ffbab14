using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Figment.App;
using Figment.Cli.Screen;
using static Figment.Cli.Verbs.PictureOptions;

namespace Figment.Cli.Verbs;

internal static class ProbeVerb
{
    public static Command Create(Terminal terminal)
    {
        var runs = new Argument<string[]>("run")
        {
            Description = "Runs to compare, each an id, the beginning of it, a name, or 'latest'.",
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => ["latest"],
        };
        runs.CompletionSources.Add(_ => Runs.List(Runs.DefaultFolder).Select(found => new CompletionItem(found.Id))
            .Prepend(new CompletionItem("latest")));
        var data = new Option<string?>("--data")
        {
            Description = "Labelled data in place of the run's own: a set or a folder of class folders.",
            HelpName = "set or path",
        };
        data.CompletionSources.Add(_ => DataLibrary.List().Select(set => new CompletionItem(set.Id)));
        var labels = Number("--labels", "Labelled training images that the probe may see; 0 takes all.", 0);
        var numbers = new Option<string[]>("--dims")
        {
            Description = "Only these numbers of the codes, each 3 or 0-14 (default: all).",
            HelpName = "numbers",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var pixels = new Option<bool>("--pixels")
        {
            Description = "Add a row for the pixels themselves (some minutes for all of MNIST).",
        };
        var split = CommonOptions.Split();
        var limit = Number("--limit", "Only so many of the images to tell, evenly spaced; 0 takes all.", 0);
        var seed = new Option<ulong>("--seed")
        {
            Description = "Draws the labelled images and the binarisation.",
            HelpName = "n",
            DefaultValueFactory = _ => 1,
        };
        var (checkpoint, device, folder, mode, json) = (CommonOptions.Checkpoint(), CommonOptions.Device(),
            CommonOptions.Runs(), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("probe",
            "How well a linear classifier tells the classes from codes that were learned without labels.",
            new Example("figment probe", "the codes of the newest run"),
            new Example("figment probe ae-mnist vae-mnist aae-mnist --pixels", "several models and the raw pixels"),
            new Example("figment probe vae-mnist --labels 100", "how far a hundred labels go"),
            new Example("figment probe aae-supervised-mnist --dims 0-14", "does the style tell the class?"))
        {
            runs, data, labels, numbers, pixels, split, limit, seed, checkpoint, device, folder, mode, json,
        };
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json, (progress, stop) => Probe.Run(new ProbeRequest
        {
            Sources = [.. parsed.GetRequiredValue(runs).Select(run => new ModelSource
            {
                Run = run,
                Checkpoint = parsed.GetRequiredValue(checkpoint),
                RunsFolder = parsed.GetRequiredValue(folder),
                Device = parsed.GetRequiredValue(device),
            })],
            Data = parsed.GetValue(data),
            Labels = parsed.GetValue(labels),
            Numbers = parsed.GetValue(numbers) ?? [],
            Pixels = parsed.GetValue(pixels),
            Split = parsed.GetRequiredValue(split),
            Limit = parsed.GetValue(limit),
            Seed = parsed.GetValue(seed),
        }, progress, stop), (result, _) => Print(result, terminal)));
        return verb;
    }

    private static void Print(ProbeResult result, Terminal terminal)
    {
        Tables.Print(terminal, ["codes of", "numbers", "labels", "L2 weight", "told right", "images"],
            result.Rows.Select(row => (string[])
            [
                row.Name, row.Dimensions.ToString("N0", CultureInfo.InvariantCulture),
                row.Labels.ToString("N0", CultureInfo.InvariantCulture),
                row.Penalty.ToString("0.######", CultureInfo.InvariantCulture), row.AccuracyText, row.DataText,
            ]));
        terminal.Out.WriteLine();
        foreach (var protocol in result.Protocols) terminal.Out.WriteLine(protocol);
    }
}
