using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class SweepVerb
{
    public static Command Create(Terminal terminal)
    {
        var what = new Argument<string>("what") { Description = "A preset, or a model (its first preset)." };
        var vary = new Option<string[]>("--vary")
        {
            Description = "An option and its values, as in optimizer.learning-rate=1e-4,2e-4; a range 1e-5..1e-2 for "
                + "--random; may be repeated.",
            HelpName = "key=values",
            Arity = ArgumentArity.OneOrMore,
            Required = true,
        };
        var random = new Option<int>("--random")
        {
            Description = "Draw so many points at random instead of taking every combination.",
            HelpName = "n",
        };
        var seeds = new Option<string>("--seeds")
        {
            Description = "Seeds with which each point is trained, with commas between them.",
            HelpName = "list",
            DefaultValueFactory = _ => "42",
        };
        var data = new Option<string?>("--data", "-d")
        {
            Description = "A data set, or a path, in place of the preset's.",
            HelpName = "set|path",
        };
        var steps = new Option<long?>("--steps") { Description = "Optimiser steps of each training.", HelpName = "n" };
        var epochs = new Option<double?>("--epochs") { Description = "Passes over the data of each.", HelpName = "n" };
        var name = new Option<string?>("--name") { Description = "What the runs are called.", HelpName = "name" };
        var metric = new Option<string?>("--metric", "-m")
        {
            Description = "How each is measured, as by figment evaluate.",
            HelpName = "metric",
        };
        var samples = new Option<int?>("--samples")
        {
            Description = "Samples of the model, for metrics that draw them.",
            HelpName = "n",
        };
        var split = CommonOptions.Split();
        split.DefaultValueFactory = _ => "validation"; // what is chosen by a figure must not see the test split
        var output = new Option<string?>("--output", "-o")
        {
            Description = "A Markdown file for the tables.",
            HelpName = "file",
        };
        var (device, sets, runs, mode, json) = (CommonOptions.Device(), CommonOptions.Set(),
            CommonOptions.Runs(), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("sweep",
            "Train with many settings, and tell which options matter. Stopped, the same command goes on.",
            new Example("figment sweep vae-mnist --vary optimizer.learning-rate=3e-4,1e-3,3e-3 --vary "
                + "model.latent=10,20 --epochs 2", "a grid of six"),
            new Example("figment sweep gan-mnist --vary optimizer.learning-rate=1e-5..1e-2 --random 8 --metric parzen",
                "a random search"))
        { what, vary, random, seeds, data, steps, epochs, sets, name, metric, samples, split, output, device, runs,
            mode, json };
        verb.SetAction(parsed => Work.Stoppable(terminal, parsed, mode, json, (progress, stop) => Sweep.Run(new()
        {
            Train = new TrainRequest
            {
                What = parsed.GetValue(what),
                Data = parsed.GetValue(data),
                Steps = parsed.GetValue(steps),
                Epochs = parsed.GetValue(epochs),
                Sets = parsed.GetValue(sets) ?? [],
                Name = parsed.GetValue(name),
                Device = parsed.GetRequiredValue(device),
                RunsFolder = parsed.GetRequiredValue(runs),
            },
            Vary = parsed.GetRequiredValue(vary),
            Random = parsed.GetValue(random),
            Seeds = Seeds(parsed.GetRequiredValue(seeds)),
            Measure = Measured(parsed.GetValue(metric), parsed.GetValue(samples), parsed.GetRequiredValue(split),
                parsed.GetRequiredValue(device)),
            Out = parsed.GetValue(output),
            Command = Work.CommandLine,
        }, progress, stop), (result, _) => Print(result, terminal), _ => ExitCode.Ok));
        return verb;
    }

    private static EvaluateRequest Measured(string? metric, int? samples, string split, string device)
    {
        var request = new EvaluateRequest { Metric = metric, Split = split, Source = new() { Device = device } };
        return samples is { } n ? request with { Samples = n } : request;
    }

    private static List<ulong> Seeds(string list) => [.. list.Split(',').Select(seed =>
        ulong.TryParse(seed, out var number) ? number : throw new FigmentException(
            $"'{seed}' is not a seed", "write whole numbers with commas between them", isUsage: true))];

    private static void Print(SweepResult result, Terminal terminal)
    {
        Tables.Print(terminal, [.. result.Options, "seed", result.Metric, "±", "run"],
            result.Points.Select(point => (string[])[.. point.Values, $"{point.Seed}",
                point.Value is null ? "diverged" : SweepResult.Number(point.Value),
                SweepResult.Number(point.StandardError), point.Run]));
        terminal.Out.WriteLine();
        Tables.Print(terminal, ["option", "value", "mean", "best", "worst", "diverged"],
            result.Margins.Select(margin => (string[])[margin.Option, margin.Value, SweepResult.Number(margin.Mean),
                SweepResult.Number(margin.Best), SweepResult.Number(margin.Worst),
                $"{margin.Diverged} of {margin.Trained}"]));
    }
}
