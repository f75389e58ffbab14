using System.CommandLine;
using System.CommandLine.Completions;
using Figment.App;
using Figment.Cli.Screen;
using static Figment.Cli.Verbs.PictureOptions;

namespace Figment.Cli.Verbs;

/// <summary>The verbs that go through a model's code: interpolate, traverse, edit, arithmetic, plot-latent, encode,
/// learn-direction; and two that look at single examples: neighbors, score.</summary>
internal static class LatentVerbs
{
    private const string Which = "number, class:NAME or file";

    public static IEnumerable<Command> All(Terminal terminal) =>
    [
        InterpolateVerb(terminal), TraverseVerb(terminal), EditVerb(terminal), LearnDirectionVerb(terminal),
        ArithmeticVerb(terminal), PlotLatentVerb(terminal), EncodeVerb(terminal), NeighborsVerb(terminal),
        ScoreVerb(terminal),
    ];

    private static Verb InterpolateVerb(Terminal terminal)
    {
        var count = Number("--count", "Ways, one a row.", 8, "-n");
        var steps = Number("--steps", "Images from one stop to the next, both included.", 12);
        var between = Numbers("--between", "Numbers of two test images to go between; may be repeated.", "a b");
        var through = Words("--through", "One way through these stops instead.", Which);
        var classes = Words("--classes",
            "From class to class instead, the rest of a drawn code held (models told a class).", "a b");
        var held = new Option<string?>("--class")
        {
            Description = "Between drawn codes of this class instead (models told a class).",
            HelpName = "number",
        };
        var way = new Option<CodeWay>("--way")
        {
            Description = "linear, or spherical (around the middle of the prior).",
            HelpName = "way",
        };
        var speed = Number("--fps", "Frames a second, where --out ends in .apng or .mp4.", 12);
        var shared = new PictureOptions();
        var verb = new Verb("interpolate",
            "Walk from one image to another through their codes; into a file .apng or .mp4 as a moving picture.",
            new Example("figment interpolate", "eight ways"),
            new Example("figment interpolate --between 3 15 --steps 20", "from test image 3 to 15"),
            new Example("figment interpolate --through 3 15 8 3 --way spherical -o tour.apng", "a round trip, moving"),
            new Example("figment interpolate acgan-mnist --classes 3 8", "from threes to eights, a style a row"),
            new Example("figment interpolate acgan-mnist --class 3", "from three to three"),
            new Example("figment interpolate --count 16 --fps 24 -o walk.mp4", "a video (needs the program ffmpeg)"));
        shared.AddTo(verb, count, steps, between, through, classes, held, way, speed);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Interpolate.Run,
            shared.Fill(parsed, new InterpolateRequest
            {
                Count = parsed.GetValue(count),
                Steps = parsed.GetValue(steps),
                Images = parsed.GetValue(between) ?? [],
                Through = parsed.GetValue(through) ?? [],
                Classes = parsed.GetValue(classes) ?? [],
                Class = parsed.GetValue(held),
                Way = parsed.GetValue(way),
                Speed = parsed.GetValue(speed),
            })));
        return verb;
    }

    private static Verb TraverseVerb(Terminal terminal)
    {
        var image = new Option<int?>("--image")
        {
            Description = "The test image to begin with (default: the prior's mean).",
            HelpName = "n",
        };
        var dimensions = Numbers("--dims",
            "Numbers of the code to vary (default: those that tell the most); of a plane across, then up.", "i");
        var held = new Option<string?>("--class")
        {
            Description = "The class to hold (models told a class; default: between all).",
            HelpName = "number",
        };
        var rows = Number("--rows", "Rows at most.", 10);
        var steps = Number("--steps", "Images in a row.", 13);
        var range = new Option<double>("--range")
        {
            Description = "How far from the middle, in standard deviations of the prior (of the codes, where there is "
                + "none).",
            HelpName = "sd",
            DefaultValueFactory = _ => 3,
        };
        var manifold = Number("--manifold", "A plane of two numbers of the code, this many images a side.", 0);
        var shared = new PictureOptions();
        var verb = new Verb("traverse", "Vary single numbers of the code and see what they do.",
            new Example("figment traverse", "the most telling numbers, one a row"),
            new Example("figment traverse --image 7 --dims 0 3 5", "around a test image"),
            new Example("figment traverse vae-mnist-2d --manifold 20", "the whole plane of a two-number code"),
            new Example("figment traverse acgan-mnist --class 3", "what else a three can be"),
            new Example("figment traverse --image 7 --dims 3 12 --manifold 9", "a plane through a test image"));
        shared.AddTo(verb, image, held, dimensions, rows, steps, range, manifold);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Traverse.Run, shared.Fill(parsed, new TraverseRequest
        {
            Image = parsed.GetValue(image),
            Class = parsed.GetValue(held),
            Dimensions = parsed.GetValue(dimensions) ?? [],
            Rows = parsed.GetValue(rows),
            Steps = parsed.GetValue(steps),
            Range = parsed.GetValue(range),
            Manifold = parsed.GetValue(manifold),
        })));
        return verb;
    }

    private static Verb EditVerb(Terminal terminal)
    {
        var images = Words("--image", "What to edit, one a row.", Which);
        var changes = Words("--change", "Changes of the code: 3=1.5 sets the number 3, 3+=1.5 and 3-=1.5 move it.",
            "i=value");
        var directions = Words("--direction", "Learned directions to add, with an amount after a colon (else 1).",
            "name[:amount]");
        var steps = Number("--steps", "Pictures from a part of the change to the whole.", 5);
        var detail = new Option<bool>("--keep-detail")
        {
            Description = "Give the edited pictures back what the code does not hold.",
        };
        var shared = new PictureOptions();
        var verb = new Verb("edit", "Change a picture through its code: the original, its reconstruction, the edit.",
            new Example("figment edit --image 7 --change 3=2.5", "set the code's number 3 of test image 7"),
            new Example("figment edit --image me.png --direction smiling:1.5 --keep-detail -o smile.png",
                "a direction that figment learn-direction found"));
        shared.AddTo(verb, images, changes, directions, steps, detail);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Edit.Run, shared.Fill(parsed, new EditRequest
        {
            Images = parsed.GetValue(images) ?? [],
            Changes = parsed.GetValue(changes) ?? [],
            Directions = parsed.GetValue(directions) ?? [],
            Steps = parsed.GetValue(steps),
            KeepDetail = parsed.GetValue(detail),
        })));
        return verb;
    }

    private static Verb ArithmeticVerb(Terminal terminal)
    {
        var a = Words("--a", "The set to begin with.", Which);
        var b = Words("--b", "The set to take away.", Which);
        var c = Words("--c", "The set to add.", Which);
        var shown = Number("--shown", "Pictures of each set above its mean.", 3);
        var shared = new PictureOptions();
        var verb = new Verb("arithmetic", "Mean codes of sets of pictures: a - b + c.",
            new Example("figment arithmetic --a 3 18 61 --b 12 40 --c 7 9", "test images by number"),
            new Example("figment arithmetic --a class:3 --b class:5 --c class:6", "whole classes"));
        shared.AddTo(verb, a, b, c, shown);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Arithmetic.Run, shared.Fill(parsed, new ArithmeticRequest
        {
            A = parsed.GetValue(a) ?? [],
            B = parsed.GetValue(b) ?? [],
            C = parsed.GetValue(c) ?? [],
            Shown = parsed.GetValue(shown),
        })));
        return verb;
    }

    private static Verb PlotLatentVerb(Terminal terminal)
    {
        var split = CommonOptions.Split();
        var limit = Number("--limit", "Images at most, evenly spaced; 0 takes all.", 5000);
        var dimensions = Numbers("--dims", "Two numbers of the code (default: principal components).", "i j");
        var shared = new PictureOptions();
        var verb = new Verb("plot-latent", "Where images lie in the code, a dot for each, coloured by class.",
            new Example("figment plot-latent vae-mnist-2d", "a code of two numbers as it is"),
            new Example("figment plot-latent vae-mnist", "a larger one along its principal components"));
        shared.AddTo(verb, split, limit, dimensions);
        verb.SetAction(parsed => shared.Run(terminal, parsed, PlotLatent.Run, shared.Fill(parsed, new PlotLatentRequest
        {
            Split = parsed.GetRequiredValue(split),
            Limit = parsed.GetValue(limit),
            Dimensions = parsed.GetValue(dimensions) ?? [],
        })));
        return verb;
    }

    private static Verb NeighborsVerb(Terminal terminal)
    {
        var count = Number("--count", "Samples, one a row.", 10, "-n");
        var nearest = Number("--nearest", "Neighbours of each.", 7, "-k");
        var shared = new PictureOptions();
        var verb = new Verb("neighbors",
            "Samples beside their nearest training images, and whether the model copies what it saw.",
            new Example("figment neighbors", "ten samples of the newest run, seven neighbours each"));
        shared.AddTo(verb, count, nearest);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Neighbors.Run, shared.Fill(parsed, new NeighborsRequest
        {
            Count = parsed.GetValue(count),
            Nearest = parsed.GetValue(nearest),
        }), (result, output) =>
        {
            output.WriteLine(Line(result.Picture));
            output.WriteLine(result.Verdict);
        }));
        return verb;
    }

    private static Verb ScoreVerb(Terminal terminal)
    {
        var split = CommonOptions.Split();
        var data = new Option<string?>("--data")
        {
            Description = "Another data set or a folder of pictures (default: the run's own).",
            HelpName = "set or path",
        };
        var against = new Option<string?>("--against")
        {
            Description = "Score another set or folder too, and say how well the scores tell the two apart (AUROC).",
            HelpName = "set or path",
        };
        foreach (var option in (Option<string?>[])[data, against])
            option.CompletionSources.Add(_ => DataLibrary.List().Select(set => new CompletionItem(set.Id)));
        var metric = new Option<string?>("--metric")
        {
            Description = "elbo (a bound, one draw), log-likelihood (importance sampling; exact where the model is) or "
                + "reconstruction (squared error).",
            HelpName = "name",
        };
        metric.CompletionSources.Add("elbo", "log-likelihood", "reconstruction");
        var draws = Number("--draws", "Draws an example for the log-likelihood.", 200);
        var limit = Number("--limit", "Only so many examples, evenly spaced; 0 takes all.", 0);
        var table = new Option<string?>("--table")
        {
            Description = "The CSV file of all scores (default: in the run's folder).",
            HelpName = "file",
        };
        var shown = Number("--shown", "The least likely examples to draw.", 40, "-n");
        var shared = new PictureOptions();
        var verb = new Verb("score", "Score every example, and draw those that the model finds least likely.",
            new Example("figment score", "the test examples: scores as CSV, the forty oddest as a picture"),
            new Example("figment score vae-mnist --data ./scans --split train --table scans.csv", "your own pictures"),
            new Example("figment score vae-mnist --against fashion-mnist",
                "do its scores tell clothes from digits?"));
        shared.AddTo(verb, split, data, against, metric, draws, limit, table, shown);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Score.Run, shared.Fill(parsed, new ScoreRequest
        {
            Split = parsed.GetRequiredValue(split),
            Data = parsed.GetValue(data),
            Against = parsed.GetValue(against),
            Metric = parsed.GetValue(metric),
            Draws = parsed.GetValue(draws),
            Limit = parsed.GetValue(limit),
            Table = parsed.GetValue(table),
            Shown = parsed.GetValue(shown),
        }), (result, output) =>
        {
            output.WriteLine(result.Text);
            if (result.Against is { } other) output.WriteLine($"against: {other.Text}");
            output.WriteLine(result.Table.Text);
            output.WriteLine(Line(result.Picture));
        }));
        return verb;
    }

    private static Verb EncodeVerb(Terminal terminal)
    {
        var (source, mode, json) = (new SourceOptions(), CommonOptions.Progress(), CommonOptions.Json());
        var split = CommonOptions.Split();
        var limit = Number("--limit", "Only so many images, evenly spaced; 0 takes all.", 0);
        var file = new Option<string?>("--out", "-o")
        {
            Description = "A file .npy, .npz (with labels) or .csv (default: codes-SPLIT.npy in the run's folder).",
            HelpName = "file",
        };
        var verb = new Verb("encode", "Write the codes of images as numbers.",
            new Example("figment encode -o codes.csv", "index, label and code of every test image"),
            new Example("figment encode vae-mnist --split train -o codes.npz", "for NumPy, with labels"))
        { split, limit, file };
        source.AddTo(verb, mode, json);
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json, (progress, stop) => Encode.Run(
            new EncodeRequest
            {
                Source = source.Of(parsed),
                Split = parsed.GetRequiredValue(split),
                Limit = parsed.GetValue(limit),
                Out = parsed.GetValue(file),
            }, progress, stop), (result, output) => output.WriteLine(result.Text)));
        return verb;
    }

    private static Verb LearnDirectionVerb(Terminal terminal)
    {
        var (source, mode, json) = (new SourceOptions(), CommonOptions.Progress(), CommonOptions.Json());
        var label = new Option<string>("--label")
        {
            Description = "The class whose images have the property.",
            HelpName = "class",
            Required = true,
        };
        var versus = new Option<string?>("--versus")
        {
            Description = "The class whose images have it not (default: all others).",
            HelpName = "class",
        };
        var name = new Option<string?>("--name")
        {
            Description = "What to call the direction (default: the class's name).",
            HelpName = "name",
        };
        var limit = Number("--limit", "Training images of each side at most.", 2000);
        var verb = new Verb("learn-direction", "Learn from labels which way in the code a property lies, for edit.",
            new Example("figment learn-direction --label 7 --versus 1", "from ones to sevens"),
            new Example("figment learn-direction faces --label smiling", "a folder of classes: smiling, serious"))
        { label, versus, name, limit };
        source.AddTo(verb, mode, json);
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json, (progress, stop) => LearnDirection.Run(
            new LearnDirectionRequest
            {
                Source = source.Of(parsed),
                Label = parsed.GetRequiredValue(label),
                Versus = parsed.GetValue(versus),
                Name = parsed.GetValue(name),
                Limit = parsed.GetValue(limit),
            }, progress, stop), (result, output) => output.WriteLine(result.Text)));
        return verb;
    }
}
