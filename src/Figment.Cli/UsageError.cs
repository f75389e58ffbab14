using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli;

/// <summary>What is wrong with a command line, in one line, with the nearest right word.</summary>
internal static class UsageError
{
    public static int Print(ParseResult parsed, Terminal terminal)
    {
        var command = parsed.CommandResult.Command;
        var path = PathOf(command);
        terminal.Error.WriteLine($"{path}: {Describe(parsed, command)} See {path} --help.");
        return ExitCode.Usage;
    }

    private static string Describe(ParseResult parsed, Command command)
    {
        if (parsed.UnmatchedTokens is not [var token, ..])
            return Sentence(string.Join(' ',
                parsed.Errors[0].Message.Split(['\n', '\t'], StringSplitOptions.RemoveEmptyEntries)));
        if (token.StartsWith('-'))
        {
            var name = token.Split('=', ':')[0];
            return $"there is no option '{name}'.{Hint(name, OptionsOf(command))}";
        }

        return command.Subcommands.Count > 0
            ? $"there is no verb '{token}'."
                + Hint(token, command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name))
            : $"'{token}' is one argument too many.";
    }

    private static string Hint(string word, IEnumerable<string> known) =>
        Nearest.To(word, known) is { } nearest ? $" Did you mean '{nearest}'?" : "";

    private static IEnumerable<string> OptionsOf(Command command)
    {
        foreach (var option in command.Options) yield return option.Name;
        foreach (var parent in command.Parents.OfType<Command>())
            foreach (var option in parent.Options.Where(option => option.Recursive))
                yield return option.Name;
    }

    private static string PathOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{PathOf(parent)} {command.Name}" : "figment";

    private static string Sentence(string text) => char.ToLowerInvariant(text[0]) + text[1..].TrimEnd('.') + ".";
}
