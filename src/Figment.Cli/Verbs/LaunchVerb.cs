using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class LaunchVerb
{
    public static Command Create(Terminal terminal)
    {
        var processes = new Option<int>("--procs")
        {
            Description = "How many processes train together on this machine.",
            Required = true,
            HelpName = "n",
        };
        processes.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && (!int.TryParse(text, out var n) || n is < 1 or > 1024))
                result.AddError($"--procs takes a number from 1 to 1024, not '{text}'.");
        });
        var port = new Option<int?>("--port")
        {
            Description = "The port on which they meet; one that is free by default.",
            HelpName = "port",
        };
        var command = new Argument<string[]>("command")
        {
            Description = "What each does, after --: train or resume, with their options.",
            Arity = ArgumentArity.OneOrMore,
        };
        var verb = new Verb("launch",
            "Train with several processes on this machine, each with its share of every batch.",
            new Example("figment launch --procs 2 -- train vae-mnist", "two processes, one run"),
            new Example("figment launch --procs 4 -- resume vae-mnist --allow-inexact", "go on with another number"))
        { processes, port, command };
        verb.SetAction(parsed => Launch.Run(
            new LaunchRequest(parsed.GetRequiredValue(processes),
                parsed.GetRequiredValue(command), parsed.GetValue(port)),
            terminal.Error.WriteLine));
        return verb;
    }
}
