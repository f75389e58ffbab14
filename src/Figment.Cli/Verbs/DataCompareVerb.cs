using System.CommandLine;
using System.CommandLine.Completions;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class DataCompareVerb
{
    public static Verb Create(Terminal terminal)
    {
        var data = Set("data", "The data that count as real: a set's name, or a path to your own.");
        var with = Set("with", "What is compared with them; the same name compares one half with the other.");
        var metric = new Option<string>("--metric")
        {
            Description = "fd, kd, precision (and recall) or density (and coverage).",
            HelpName = "name",
            DefaultValueFactory = _ => "fd",
        };
        metric.CompletionSources.Add([.. DataComparison.Metrics]);
        var extractor = CommonOptions.Extractor();
        var samples = PictureOptions.Number("--samples", "Images of each side, evenly spaced.", 10_000);
        var size = PictureOptions.Number("--size", "Bring images to this height and width first; 0 keeps them.", 0);
        var (split, runs, device, mode, json) = (CommonOptions.Split(), CommonOptions.Runs(), CommonOptions.Device(),
            CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("compare",
            "Measure images as if they were samples: what perfect samples of a set would get, and what others would.",
            new Example("figment data compare cifar10 cifar10 --extractor mobilenet-v2-nsfwjs --samples 2000",
                "the distance that is left between real images"),
            new Example("figment data compare mnist fashion-mnist", "in the features of lenet-mnist"))
        {
            data, with, metric, extractor, samples, split, size, runs, device, mode, json,
        };
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json, (progress, stop) => DataComparison.Run(new()
        {
            Data = parsed.GetRequiredValue(data),
            With = parsed.GetRequiredValue(with),
            Metric = parsed.GetRequiredValue(metric),
            Extractor = parsed.GetValue(extractor),
            Samples = parsed.GetValue(samples),
            Split = parsed.GetRequiredValue(split),
            Size = parsed.GetValue(size),
            RunsFolder = parsed.GetRequiredValue(runs),
            Device = parsed.GetRequiredValue(device),
        }, progress, stop), (result, output) => output.WriteLine(result.Text)));
        return verb;
    }

    private static Argument<string> Set(string name, string description)
    {
        var set = new Argument<string>(name) { Description = description };
        set.CompletionSources.Add(_ => DataLibrary.List().Select(known => new CompletionItem(known.Id)));
        return set;
    }
}
