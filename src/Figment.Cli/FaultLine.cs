using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli;

/// <summary>An error on one line: what, where, what to do. The stack is shown only on request.</summary>
internal static class FaultLine
{
    public static int Print(Exception error, bool verbose, Terminal terminal)
    {
        var fault = Fault.Of(error);
        terminal.Error.WriteLine($"figment: {fault}");
        if (verbose) terminal.Error.WriteLine(error);
        else if (fault.IsUnexpected)
            terminal.Error.WriteLine("figment: this was not foreseen; --verbose shows where it came from.");
        return fault.IsUsage ? ExitCode.Usage : ExitCode.Failure;
    }
}
