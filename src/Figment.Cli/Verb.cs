using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Figment.Cli;

/// <summary>A line to try, and what it does.</summary>
internal sealed record Example(string Line, string Does);

/// <summary>A command with examples in its help.</summary>
internal sealed class Verb(string name, string description, params Example[] examples) : Command(name, description)
{
    public IReadOnlyList<Example> Examples => examples;
}

/// <summary>The standard help, then the verb's examples; the root's help closes with the exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction standard) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        standard.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        if (command is Verb { Examples.Count: > 0 } verb)
        {
            var width = verb.Examples.Max(example => example.Line.Length);
            output.WriteLine("Examples:");
            foreach (var example in verb.Examples)
                output.WriteLine(width > 60
                    ? $"  {example.Line}\n      {example.Does}"
                    : $"  {example.Line.PadRight(width)}  {example.Does}");
            output.WriteLine();
        }
        else if (command is RootCommand)
        {
            output.WriteLine("Exit codes:");
            output.WriteLine(
                "  0 done   1 failed   2 wrong usage   130, 143 stopped by SIGINT, SIGTERM (a run is saved first)");
            output.WriteLine();
            output.WriteLine("Begin with: figment demo");
        }

        return ExitCode.Ok;
    }
}
