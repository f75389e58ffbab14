using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class LeaderboardVerb
{
    public static Command Create(Terminal terminal)
    {
        var data = new Option<string>("--data", "-d")
        {
            Description = "The data set whose figures are listed.",
            HelpName = "set",
            DefaultValueFactory = _ => "binarized-mnist",
        };
        data.CompletionSources.Add(_ => DataLibrary.List().Select(set => new CompletionItem(set.Id)));
        var split = CommonOptions.Split();
        var binarization = new Option<string?>("--binarization")
        {
            Description = "static, dynamic, threshold or none, where several were measured.",
            HelpName = "form",
        };
        binarization.CompletionSources.Add("static", "dynamic", "threshold", "none");
        var hash = new Option<string?>("--hash")
        {
            Description = "The beginning of the data's hash, where several were measured.",
            HelpName = "sha256",
        };
        var parzen = new Option<bool>("--parzen")
        {
            Description = "List Parzen windows, which stand beside no likelihood.",
        };
        var bare = new Option<bool>("--no-files")
        {
            Description = "Leave out the sizes of gzip and PNG files of the same images.",
        };
        var results = new Option<string>("--results")
        {
            Description = "The folder of results of figment reproduce.",
            HelpName = "folder",
            DefaultValueFactory = _ => Path.Combine("docs", "results"),
        };
        var (runs, mode, json) = (CommonOptions.Runs(), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("leaderboard",
            "List measured models under one protocol, best first, beside gzip and PNG; others are refused.",
            new Example("figment leaderboard --data binarized-mnist", "the published protocol of likelihoods"),
            new Example("figment leaderboard --data mnist --binarization dynamic --json",
                "another protocol, for scripts"))
        { data, split, binarization, hash, parzen, bare, results, runs, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new LeaderboardRequest
            {
                Data = parsed.GetRequiredValue(data),
                Split = parsed.GetRequiredValue(split),
                Binarization = parsed.GetValue(binarization),
                DataHash = parsed.GetValue(hash),
                Parzen = parsed.GetValue(parzen),
                WithoutBaselines = parsed.GetValue(bare),
                ResultsFolder = parsed.GetRequiredValue(results),
                RunsFolder = parsed.GetRequiredValue(runs),
            };
            return Work.Show(terminal, parsed, mode, json, (progress, stop) => Leaderboard.Run(request, progress, stop),
                (result, _) => Print(result, terminal));
        });
        return verb;
    }

    private static void Print(LeaderboardResult result, Terminal terminal)
    {
        terminal.Out.WriteLine(result.Protocol);
        terminal.Out.WriteLine();
        Tables.Print(terminal, ["what", "kind", "nats", "bits/dim", "from"], result.Entries.Select(entry => (string[])
            [entry.Name, entry.Kind, Nats(entry),
                entry.BitsPerDimension?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "-", entry.Source]));
    }

    private static string Nats(LeaderboardEntry entry) => entry.StandardError is { } error
        ? string.Create(CultureInfo.InvariantCulture, $"{entry.Nats:0.00} ± {error:0.00}")
        : entry.Nats.ToString("0.00", CultureInfo.InvariantCulture);
}
