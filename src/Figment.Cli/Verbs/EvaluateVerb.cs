using System.CommandLine;
using System.CommandLine.Completions;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class EvaluateVerb
{
    public static Command Create(Terminal terminal)
    {
        var metric = new Option<string?>("--metric")
        {
            Description = "elbo (a bound, one draw), log-likelihood (importance sampling; exact where the model is), "
                + "reconstruction (squared error of encoding and decoding), accuracy (of a classifier), "
                + "category-error (of categories found without labels) or "
                + "parzen (of samples; a regression check, not a measure of quality); of samples in the features of a "
                + "classifier: fd, kd, is, precision (and recall), density (and coverage), modes, agreement (of "
                + "classes asked for), memorisation.",
            HelpName = "name",
        };
        metric.CompletionSources.Add([.. Evaluate.Metrics]);
        var draws = new Option<int>("--draws")
        {
            Description = "Draws an example for the log-likelihood.",
            HelpName = "n",
            DefaultValueFactory = _ => 200,
        };
        var samples = new Option<int?>("--samples")
        {
            Description = "Samples of the model for measures of samples (default: 10,000; 26,000 for modes of colour "
                + "images; 2,000 for memorisation of pixels).",
            HelpName = "n",
        };
        var extractor = CommonOptions.Extractor();
        var split = CommonOptions.Split();
        var seed = new Option<ulong>("--seed")
        {
            Description = "Decides binarisation and draws.",
            HelpName = "n",
            DefaultValueFactory = _ => 1,
        };
        var limit = new Option<int>("--limit")
        {
            Description = "Only so many examples, evenly spaced; 0 takes all.",
            HelpName = "n",
            DefaultValueFactory = _ => 0,
        };
        var against = new Option<string?>("--against")
        {
            Description = "Score another data set or folder too, and tell it apart from the model's own (AUROC).",
            HelpName = "set or path",
        };
        against.CompletionSources.Add(_ => DataLibrary.List().Select(set => new CompletionItem(set.Id)));
        var over = new Option<string?>("--over")
        {
            Description = "Measure another run on the same examples, and tell by how much this one exceeds it.",
            HelpName = "run",
        };
        var map = new Option<bool>("--map") { Description = "Draw the exact bits of every pixel as a heat map." };
        var file = new Option<string?>("--out", "-o")
        {
            Description = "The heat map's PNG file (default: in the run's samples folder).",
            HelpName = "file",
        };
        var (run, checkpoint, device, runs, mode, json) =
            (CommonOptions.Run(), CommonOptions.Checkpoint(), CommonOptions.Device(),
                CommonOptions.Runs(), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("evaluate",
            "Measure a trained model; a figure always comes with its protocol and standard error.",
            new Example("figment evaluate", "test figure of the newest run: exact log p(x), or the bound"),
            new Example("figment evaluate vae-mnist --metric log-likelihood --draws 200", "a tighter bound"),
            new Example("figment evaluate infogan-mnist --metric category-error", "categories beside labels"),
            new Example("figment evaluate aae-mnist --metric parzen",
                "a model without likelihoods: did something break?"),
            new Example("figment evaluate dcgan-mnist --metric fd", "a distance in a digit classifier's features"),
            new Example("figment evaluate sagan-cifar10 --metric fd --extractor mobilenet-v2-nsfwjs --samples 5000",
                "of photographs, in the features of a network that is fetched"),
            new Example("figment evaluate nade-binarized-mnist --map -o bits.png",
                "where the bits are, pixel by pixel"),
            new Example("figment evaluate nade-binarized-mnist --against fashion-mnist",
                "can it tell clothes from digits?"),
            new Example("figment evaluate rnade-patches --over gaussian-patches", "the gain in nats, with its error"))
        {
            run, metric, draws, samples, extractor, split, against, over, map, file, seed, limit,
            checkpoint, device, runs, mode, json,
        };
        verb.SetAction(parsed =>
        {
            var request = new EvaluateRequest
            {
                Source = Source(parsed.GetRequiredValue(run)) with { Checkpoint = parsed.GetRequiredValue(checkpoint) },
                Metric = parsed.GetValue(metric),
                Draws = parsed.GetValue(draws),
                Samples = parsed.GetValue(samples),
                Extractor = parsed.GetValue(extractor),
                Split = parsed.GetRequiredValue(split),
                Seed = parsed.GetValue(seed),
                Limit = parsed.GetValue(limit),
                Against = parsed.GetValue(against),
                Over = parsed.GetValue(over) is { } other ? Source(other) : null,
                Map = parsed.GetValue(map),
                Out = parsed.GetValue(file),
                Command = Work.CommandLine,
            };
            return Work.Show(terminal, parsed, mode, json,
                (progress, stop) => Evaluate.Run(request, progress, stop), Print);

            ModelSource Source(string name) => new()
            {
                Run = name,
                RunsFolder = parsed.GetRequiredValue(runs),
                Device = parsed.GetRequiredValue(device),
            };
        });
        return verb;
    }

    private static void Print(EvaluationResult result, TextWriter output)
    {
        output.WriteLine($"{result.Run}, step {Phrases.Count(result.Checkpoint)}: {result.Text}");
        if (result.Against is { } other) output.WriteLine($"against: {other.Text}");
        if (result.Over is { } gain) output.WriteLine(gain.Text);
        if (result.Map is { } map) output.WriteLine($"{map.Path} ({map.Images} images, {map.Width}x{map.Height})");
    }
}
