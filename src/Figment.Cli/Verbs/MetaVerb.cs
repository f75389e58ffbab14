using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class MetaVerb
{
    public static Command Create(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var file = new Argument<string>("picture") { Description = "A PNG file made by figment." };
        var show = new Verb("show", "Show the command, seeds and hashes that a picture carries.",
            new Example("figment meta show samples.png", "how was this made?"),
            new Example("figment meta show samples.png --json", "for scripts")) { file, json };
        show.SetAction(parsed =>
        {
            var meta = PictureMeta.Read(parsed.GetRequiredValue(file));
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Result(meta));
                return ExitCode.Ok;
            }

            if (meta.Texts.Count == 0) terminal.Out.WriteLine(
                $"{meta.Path} carries no settings: figment did not make it, or they were removed.");
            foreach (var (name, text) in meta.Texts)
                terminal.Out.WriteLine(text.Contains('\n', StringComparison.Ordinal)
                    ? $"{name}:\n  {text.TrimEnd().Replace("\n", "\n  ", StringComparison.Ordinal)}"
                    : $"{name}: {text}");
            return ExitCode.Ok;
        });
        return new Verb("meta", "Read the settings inside pictures.", [.. show.Examples]) { show };
    }
}
