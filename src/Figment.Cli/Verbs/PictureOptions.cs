using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>The options that every verb with a picture has.</summary>
internal sealed class PictureOptions
{
    private readonly SourceOptions source = new();
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
    private readonly Option<ProgressMode> mode = CommonOptions.Progress();
    private readonly Option<bool> json = CommonOptions.Json();

    public void AddTo(Verb verb, params Option[] own)
    {
        foreach (var option in own) verb.Options.Add(option);
        source.AddTo(verb, file, seed, scale, mode, json);
    }

    public T Fill<T>(ParseResult parsed, T request)
        where T : PictureRequest => request with
        {
            Source = source.Of(parsed),
            Out = parsed.GetValue(file),
            Seed = parsed.GetValue(seed),
            Scale = parsed.GetValue(scale),
            Command = Work.CommandLine,
        };

    /// <summary>Runs a verb that ends in a picture.</summary>
    public int Run<T>(Terminal terminal, ParseResult parsed,
        Func<T, IProgress<WorkEvent>, CancellationToken, PictureResult> draw, T request)
        where T : PictureRequest => Run(terminal, parsed, draw, request,
            (picture, output) => output.WriteLine(Line(picture)));

    /// <summary>Runs a verb that ends in a picture and more.</summary>
    public int Run<T, TResult>(Terminal terminal, ParseResult parsed,
        Func<T, IProgress<WorkEvent>, CancellationToken, TResult> draw, T request, Action<TResult, TextWriter> print)
        where T : PictureRequest
        where TResult : class =>
        Work.Show(terminal, parsed, mode, json, (progress, stop) => draw(request, progress, stop), print);

    /// <summary>A picture in one line.</summary>
    public static string Line(PictureResult picture) =>
        $"{picture.Path} ({picture.Images} images, {picture.Width}x{picture.Height})";

    /// <summary>An option that takes several words.</summary>
    public static Option<string[]> Words(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>An option that takes several whole numbers.</summary>
    public static Option<int[]> Numbers(string name, string description, string helpName) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = true,
    };

    /// <summary>An option that is a number.</summary>
    public static Option<int> Number(string name, string description, int standard, params string[] aliases) =>
        new(name, aliases) { Description = description, DefaultValueFactory = _ => standard, HelpName = "n" };
}
