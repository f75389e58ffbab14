using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>The verbs that draw and complete images: sample, complete, reconstruct.</summary>
internal static class PictureVerbs
{
    public static Command Sample(Terminal terminal)
    {
        var count = PictureOptions.Number("--count", "How many images.", 100, "-n");
        var columns = PictureOptions.Number("--columns", "Images in a row; 0 makes the grid square.", 0);
        var draw = new Option<bool>("--draw") { Description = "Draw each pixel instead of showing its mean." };
        var label = new Option<string?>("--class")
        {
            Description = "A class's number, or all for a row of each (-n images a row).",
            HelpName = "number or all",
        };
        label.CompletionSources.Add(SampleRequest.AllClasses);
        var truncation = new Option<double?>("--truncation")
        {
            Description = "Draw noise beyond so many standard deviations again: better samples, less variety.",
            HelpName = "threshold",
        };
        var shared = new PictureOptions();
        var verb = new Verb("sample", "Draw new images from a trained model, as one picture.",
            new Example("figment sample", "a 10x10 grid from the newest run"),
            new Example("figment sample vae-mnist -n 64 --seed 7 -o digits.png", "64 images into a file"),
            new Example("figment sample bernoulli --class all -n 10", "ten of each class, one class a row"),
            new Example("figment sample biggan-cifar10 --truncation 0.5", "from noise without its tails"),
            new Example("figment sample latest --checkpoint best --json", "for scripts"));
        shared.AddTo(verb, count, columns, label, draw, truncation);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Pictures.Sample, shared.Fill(parsed, new SampleRequest
        {
            // A row of each class is ten images long unless another length is asked for.
            Count = parsed.GetValue(label) == SampleRequest.AllClasses
                && parsed.GetResult(count) is null or { Implicit: true } ? 10 : parsed.GetValue(count),
            Columns = parsed.GetValue(columns),
            Class = parsed.GetValue(label),
            DrawPixels = parsed.GetValue(draw),
            Truncation = parsed.GetValue(truncation),
        })));
        return verb;
    }

    public static Command Reconstruct(Terminal terminal)
    {
        var count = PictureOptions.Number("--count", "How many test images.", 16, "-n");
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
        var count = PictureOptions.Number("--count", "How many test images.", 10, "-n");
        var draws = PictureOptions.Number("--draws", "Completions of each.", 6);
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
}
