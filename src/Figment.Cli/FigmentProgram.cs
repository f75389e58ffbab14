using System.CommandLine;
using System.CommandLine.Help;
using Figment.Cli.Screen;
using Figment.Cli.Verbs;

namespace Figment.Cli;

/// <summary>The command line: builds the tree of verbs, parses, runs, and turns what went wrong into one
/// line.</summary>
internal static class FigmentProgram
{
    /// <summary>Runs one command line. What it prints goes to <paramref name="terminal"/>, also the errors.</summary>
    /// <returns>The exit code, one of <see cref="ExitCode"/>.</returns>
    public static int Run(string[] args, Terminal terminal)
    {
        var root = Root(terminal);
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction and not HelpWithExamples)
            return UsageError.Print(parsed, terminal);

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = terminal.Out,
                Error = terminal.Error,
                EnableDefaultExceptionHandler = false,
                // Signals are the verbs' own affair: a run finishes its step and saves.
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception error)
        {
            return FaultLine.Print(error, parsed.GetValue<bool>("--verbose"), terminal);
        }
    }

    /// <summary>The whole tree. Building it loads neither libtorch nor any model.</summary>
    public static RootCommand Root(Terminal terminal)
    {
        var root = new RootCommand(
            "Figment: deep generative models. Train, sample, evaluate and edit on libtorch, without Python.")
        {
            DemoVerb.Create(terminal),
            TrainVerb.Create(terminal),
            ResumeVerb.Create(terminal),
            LaunchVerb.Create(terminal),
            PictureVerbs.Sample(terminal),
            PictureVerbs.Complete(terminal),
            PictureVerbs.Reconstruct(terminal),
            LabVerb.Create(terminal),
            EvaluateVerb.Create(terminal),
            LeaderboardVerb.Create(terminal),
            ProbeVerb.Create(terminal),
            ClassifyVerb.Create(terminal),
            ReproduceVerb.Create(terminal),
            SweepVerb.Create(terminal),
            RunsVerb.Create(terminal),
            ModelsVerb.Create(terminal),
            DataVerb.Create(terminal),
            MetaVerb.Create(terminal),
            DoctorVerb.Create(terminal),
            CompletionVerb.Create(terminal),
            VersionVerb.Create(terminal),
        };
        foreach (var verb in LatentVerbs.All(terminal)) root.Subcommands.Add(verb);
        root.Options.Add(new Option<bool>("--verbose")
        {
            Description = "Show where an error came from (the stack).",
            Recursive = true,
        });
        foreach (var option in root.Options)
            if (option is HelpOption { Action: HelpAction standard })
                option.Action = new HelpWithExamples(standard);
        root.SetAction(parsed => new HelpWithExamples(new HelpAction()).Invoke(parsed));
        return root;
    }
}
