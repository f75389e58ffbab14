using System.CommandLine;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>Options that several verbs share, with one wording.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print the result as JSON." };

    public static Option<ProgressMode> Progress() => new("--progress")
    {
        Description = "How to show progress: auto, live, plain, json or none.",
        DefaultValueFactory = _ => ProgressMode.Auto,
        HelpName = "mode",
    };
}
