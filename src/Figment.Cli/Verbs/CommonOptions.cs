using System.CommandLine;
using System.CommandLine.Completions;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>Options that several verbs share, with one wording.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    public static Option<string> Runs() => new("--runs")
    {
        Description = "The folder of runs (default: FIGMENT_RUNS, or runs in the working folder).",
        DefaultValueFactory = _ => App.Runs.DefaultFolder,
        HelpName = "folder",
    };

    public static Argument<string> Run()
    {
        var run = new Argument<string>("run")
        {
            Description = "A run's id, the beginning of it, its name, or 'latest'.",
            DefaultValueFactory = _ => "latest",
        };
        run.CompletionSources.Add(_ => App.Runs.List(App.Runs.DefaultFolder)
            .Select(found => new CompletionItem(found.Id))
            .Prepend(new CompletionItem("latest")));
        return run;
    }

    public static Option<string> Checkpoint()
    {
        var checkpoint = new Option<string>("--checkpoint")
        {
            Description = "Which checkpoint: latest, best or a step.",
            DefaultValueFactory = _ => "latest",
            HelpName = "which",
        };
        checkpoint.CompletionSources.Add("latest", "best");
        return checkpoint;
    }

    public static Option<string> Device()
    {
        var device = new Option<string>("--device")
        {
            Description = "Where to compute: cpu, cuda or cuda:N.",
            DefaultValueFactory = _ => "cpu",
            HelpName = "device",
        };
        device.CompletionSources.Add("cpu", "cuda");
        return device;
    }

    public static Option<string?> Extractor()
    {
        var extractor = new Option<string?>("--extractor")
        {
            Description = "What judges samples: the run of a classifier (default: lenet-mnist or lenet-fashion, by the "
                + "data), or a network of photographs: mobilenet-v2-nsfwjs, inception-v3-nsfwjs (fetched), "
                + "inception-2015 (your file, as .safetensors; its fd is the FID).",
            HelpName = "run or network",
        };
        extractor.CompletionSources.Add([.. DataComparison.Networks]);
        return extractor;
    }

    public static Option<string> Split(string standard = "test")
    {
        var split = new Option<string>("--split")
        {
            Description = "train, validation or test.",
            HelpName = "part",
            DefaultValueFactory = _ => standard,
        };
        split.CompletionSources.Add("train", "validation", "test");
        return split;
    }

    public static Option<string[]> Set() => new("--set")
    {
        Description = "Set any option by its name, as in plan.batch=256; may be repeated.",
        HelpName = "key=value",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Option<ProgressMode> Progress() => new("--progress")
    {
        Description = "How to show progress: auto, live, plain, json or none.",
        DefaultValueFactory = _ => ProgressMode.Auto,
        HelpName = "mode",
    };
}
