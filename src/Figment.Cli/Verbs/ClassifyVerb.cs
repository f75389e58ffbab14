using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class ClassifyVerb
{
    public static Command Create(Terminal terminal)
    {
        var data = new Option<string>("--data", "-d")
        {
            Description = "A labelled data set.",
            HelpName = "set",
            DefaultValueFactory = _ => "mnist",
        };
        data.CompletionSources.Add(_ => DataLibrary.List().Select(set => new CompletionItem(set.Id)));
        var labels = new Option<int[]>("--labels")
        {
            Description = "Labelled training images, a row each (default: 100 to 60,000).",
            HelpName = "n",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var who = new Option<string[]>("--with")
        {
            Description = "Classifiers: bernoulli, markov, nade, logistic, mlp (default: these), lenet, "
                + "aae-semi-supervised (also sees all images without labels).",
            HelpName = "names",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        who.CompletionSources.Add("bernoulli", "markov", "nade", "logistic", "mlp", "lenet", "aae-semi-supervised");
        var split = new Option<string>("--split")
        {
            Description = "test, or validation: a tenth of the training images, which nothing learns from.",
            HelpName = "part",
            DefaultValueFactory = _ => "test",
        };
        split.CompletionSources.Add("test", "validation");
        var limit = new Option<int>("--limit")
        {
            Description = "Only so many images to tell, evenly spaced; 0 takes all.",
            HelpName = "n",
            DefaultValueFactory = _ => 0,
        };
        var steps = new Option<int>("--steps")
        {
            Description = "Optimiser steps at most of what is trained by gradients.",
            HelpName = "n",
            DefaultValueFactory = _ => 1_500,
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "Decides weights, and which images are labelled.",
            HelpName = "n",
            DefaultValueFactory = _ => 1,
        };
        var results = new Option<string?>("--results")
        {
            Description = "Write classify-SET.json into this folder, and the table beside it.",
            HelpName = "folder",
        };
        var (mode, json) = (CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("classify",
            "Densities as Bayes classifiers beside nets trained to tell classes apart, on the same labels.",
            new Example("figment classify", "the whole table, 100 to 60,000 labels"),
            new Example("figment classify --labels 100 1000 --with bernoulli logistic", "a quick look"),
            new Example("figment classify --results docs/results", "write the result and its table"))
        { data, labels, who, split, limit, steps, seed, results, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new ClassifyRequest
            {
                Data = parsed.GetRequiredValue(data),
                Classifiers = parsed.GetValue(who) ?? [],
                Split = parsed.GetRequiredValue(split),
                Limit = parsed.GetValue(limit),
                Steps = parsed.GetValue(steps),
                Seed = parsed.GetValue(seed),
                ResultsFolder = parsed.GetValue(results),
            };
            if (parsed.GetValue(labels) is { Length: > 0 } budgets) request = request with { Labels = budgets };
            return Work.Show(terminal, parsed, mode, json, (progress, stop) => Classify.Run(request, progress, stop),
                (result, _) => Print(result, terminal));
        });
        return verb;
    }

    private static void Print(ClassifyResult result, Terminal terminal)
    {
        terminal.Out.WriteLine(result.ProtocolText);
        terminal.Out.WriteLine();
        var names = result.Cells.Select(cell => cell.Classifier).Distinct().ToList();
        Tables.Print(terminal, ["labels", .. names.Select(name => $"{name} %")], result.Cells
            .GroupBy(cell => cell.Labels)
            .Select(row => (string[])[Phrases.Count(row.Key), .. names.Select(name => Percent(row, name))]));
    }
    private static string Percent(IEnumerable<ClassifyCell> row, string name) =>
        row.FirstOrDefault(cell => cell.Classifier == name) is { } cell
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * cell.Error:0.0} ± {100 * cell.StandardError:0.0}")
            : "-";
}
