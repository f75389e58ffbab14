using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class VersionVerb
{
    public static Command Create(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var verb = new Verb("version", "Show the version of Figment and of what it runs on.",
            new Example("figment version", "one line"),
            new Example("figment version --json", "for scripts")) { json };
        verb.SetAction(parsed =>
        {
            var version = ProductVersion.Current;
            terminal.Out.WriteLine(parsed.GetValue(json)
                ? JsonOutput.Result(version)
                : $"figment {version.Version}{(version.Commit is { } commit ? $" ({commit})" : "")}"
                    + $" on .NET {version.Runtime}");
        });
        return verb;
    }
}
