using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>The verbs that end in a picture: sample, complete, reconstruct, interpolate, traverse.</summary>
internal static class PictureVerbs
{
    public static Command Sample(Terminal terminal)
    {
        var count = Number("--count", "How many images.", 100, "-n");
        var columns = Number("--columns", "Images in a row; 0 makes the grid square.", 0);
        var draw = new Option<bool>("--draw") { Description = "Draw each pixel instead of showing its mean." };
        var label = new Option<string?>("--class")
        {
            Description = "A class's number, or all for a row of each (-n images a row).",
            HelpName = "number or all",
        };
        label.CompletionSources.Add(SampleRequest.AllClasses);
        var shared = new PictureOptions();
        var verb = new Verb("sample", "Draw new images from a trained model, as one picture.",
            new Example("figment sample", "a 10x10 grid from the newest run"),
            new Example("figment sample vae-mnist -n 64 --seed 7 -o digits.png", "64 images into a file"),
            new Example("figment sample bernoulli --class all -n 10", "ten of each class, one class a row"),
            new Example("figment sample latest --checkpoint best --json", "for scripts"));
        shared.AddTo(verb, count, columns, label, draw);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Pictures.Sample, shared.Fill(parsed, new SampleRequest
        {
            // A row of each class is ten images long unless another length is asked for.
            Count = parsed.GetValue(label) == SampleRequest.AllClasses
                && parsed.GetResult(count) is null or { Implicit: true } ? 10 : parsed.GetValue(count),
            Columns = parsed.GetValue(columns),
            Class = parsed.GetValue(label),
            DrawPixels = parsed.GetValue(draw),
        })));
        return verb;
    }

    public static Command Reconstruct(Terminal terminal)
    {
        var count = Number("--count", "How many test images.", 16, "-n");
        var draw = new Option<bool>("--draw")
        {
            Description = "Draw the code from its distribution instead of taking its mean.",
        };
        var shared = new PictureOptions();
        var verb = new Verb("reconstruct",
            "Encode and decode test images: originals above, what the model makes of them below.",
            new Example("figment reconstruct", "16 test images through the newest run"),
            new Example("figment reconstruct vae-mnist --draw -o strip.png", "with codes drawn"));
        shared.AddTo(verb, count, draw);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Pictures.Reconstruct,
            shared.Fill(parsed, new ReconstructRequest
            {
                Count = parsed.GetValue(count),
                DrawCode = parsed.GetValue(draw),
            })));
        return verb;
    }

    public static Command Interpolate(Terminal terminal)
    {
        var count = Number("--count", "Ways, one a row.", 8, "-n");
        var steps = Number("--steps", "Images on a way, both ends included.", 12);
        var between = new Option<int[]>("--between")
        {
            Description = "Numbers of two test images to go between; may be repeated.",
            HelpName = "a b",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var shared = new PictureOptions();
        var verb = new Verb("interpolate", "Walk from one test image to another through their codes.",
            new Example("figment interpolate", "eight ways"),
            new Example("figment interpolate --between 3 15 --steps 20", "from test image 3 to 15"));
        shared.AddTo(verb, count, steps, between);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Pictures.Interpolate,
            shared.Fill(parsed, new InterpolateRequest
            {
                Count = parsed.GetValue(count),
                Steps = parsed.GetValue(steps),
                Images = parsed.GetValue(between) ?? [],
            })));
        return verb;
    }

    public static Command Traverse(Terminal terminal)
    {
        var image = new Option<int?>("--image")
        {
            Description = "The test image to begin with (default: the prior's mean).",
            HelpName = "n",
        };
        var dimensions = new Option<int[]>("--dims")
        {
            Description = "Numbers of the code to vary (default: those that tell the most).",
            HelpName = "i",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var rows = Number("--rows", "Rows at most.", 10);
        var steps = Number("--steps", "Images in a row.", 13);
        var range = new Option<double>("--range")
        {
            Description = "How far from 0, in standard deviations of the prior.",
            HelpName = "sd",
            DefaultValueFactory = _ => 3,
        };
        var manifold = Number("--manifold", "The plane of a two-number code, this many images a side.", 0);
        var shared = new PictureOptions();
        var verb = new Verb("traverse", "Vary single numbers of the code and see what they do.",
            new Example("figment traverse", "the most telling numbers, one a row"),
            new Example("figment traverse --image 7 --dims 0 3 5", "around a test image"),
            new Example("figment traverse vae-mnist-2d --manifold 20", "the whole plane of a two-number code"));
        shared.AddTo(verb, image, dimensions, rows, steps, range, manifold);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Pictures.Traverse, shared.Fill(parsed, new TraverseRequest
        {
            Image = parsed.GetValue(image),
            Dimensions = parsed.GetValue(dimensions) ?? [],
            Rows = parsed.GetValue(rows),
            Steps = parsed.GetValue(steps),
            Range = parsed.GetValue(range),
            Manifold = parsed.GetValue(manifold),
        })));
        return verb;
    }

    public static Command Complete(Terminal terminal)
    {
        var given = new Option<string>("--given")
        {
            Description = "What is given: top, bottom, left or right, with a share as in top:0.4.",
            HelpName = "side[:share]",
            DefaultValueFactory = _ => "top",
        };
        given.CompletionSources.Add("top", "bottom", "left", "right");
        var mask = new Option<string?>("--mask")
        {
            Description = "A picture of the model's size whose white pixels are given.",
            HelpName = "file",
        };
        var count = Number("--count", "How many test images.", 10, "-n");
        var draws = Number("--draws", "Completions of each.", 6);
        var images = new Option<int[]>("--images")
        {
            Description = "Test images by number (default: picked by the seed).",
            HelpName = "i",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        var files = new Option<string[]>("--image")
        {
            Description = "A picture of your own instead of test images; may be repeated.",
            HelpName = "file",
            Arity = ArgumentArity.OneOrMore,
        };
        var shared = new PictureOptions();
        var verb = new Verb("complete",
            "Fill in what is missing of an image: what was given, several draws, the original.",
            new Example("figment complete", "the lower halves of ten test images, six times each"),
            new Example("figment complete markov --given left:0.3 --draws 4", "from the left third"),
            new Example("figment complete latest --mask mask.png --image my.png -o out.png",
                "a picture and a mask of your own"));
        shared.AddTo(verb, given, mask, count, draws, images, files);
        verb.SetAction(parsed => shared.Run(terminal, parsed, App.Complete.Run, shared.Fill(parsed, new CompleteRequest
        {
            Given = parsed.GetRequiredValue(given),
            Mask = parsed.GetValue(mask),
            Count = parsed.GetValue(count),
            Draws = parsed.GetValue(draws),
            Images = parsed.GetValue(images) ?? [],
            Files = parsed.GetValue(files) ?? [],
        })));
        return verb;
    }

    private static Option<int> Number(string name, string description, int standard, params string[] aliases) =>
        new(name, aliases) { Description = description, DefaultValueFactory = _ => standard, HelpName = "n" };

    private sealed class PictureOptions
    {
        private readonly Argument<string> run = CommonOptions.Run();
        private readonly Option<string> checkpoint = CommonOptions.Checkpoint();
        private readonly Option<string?> file = new("--out", "-o")
        {
            Description = "The PNG file to write (default: in the run's samples folder).",
            HelpName = "file",
        };
        private readonly Option<ulong> seed = new("--seed")
        {
            Description = "Seed of the draws.",
            HelpName = "n",
            DefaultValueFactory = _ => 0,
        };
        private readonly Option<int> scale = Number("--scale",
            "Draw each pixel as a block of this many by as many.", 2);
        private readonly Option<string> device = CommonOptions.Device();
        private readonly Option<string> runs = CommonOptions.Runs();
        private readonly Option<ProgressMode> mode = CommonOptions.Progress();
        private readonly Option<bool> json = CommonOptions.Json();

        public void AddTo(Verb verb, params Option[] own)
        {
            verb.Arguments.Add(run);
            foreach (var option in (Option[])[.. own, checkpoint, file, seed, scale, device, runs, mode, json])
                verb.Options.Add(option);
        }

        public T Fill<T>(ParseResult parsed, T request)
            where T : PictureRequest => request with
            {
                Source = new ModelSource
                {
                    Run = parsed.GetRequiredValue(run),
                    Checkpoint = parsed.GetRequiredValue(checkpoint),
                    RunsFolder = parsed.GetRequiredValue(runs),
                    Device = parsed.GetRequiredValue(device),
                },
                Out = parsed.GetValue(file),
                Seed = parsed.GetValue(seed),
                Scale = parsed.GetValue(scale),
                Command = Work.CommandLine,
            };

        public int Run<T>(Terminal terminal, ParseResult parsed,
            Func<T, IProgress<WorkEvent>, CancellationToken, PictureResult> draw, T request)
            where T : PictureRequest =>
            Work.Show(terminal, parsed, mode, json, (progress, stop) => draw(request, progress, stop),
                (picture, output) =>
                    output.WriteLine($"{picture.Path} ({picture.Images} images, {picture.Width}x{picture.Height})"));
    }
}
