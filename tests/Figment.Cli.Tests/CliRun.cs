using System.Diagnostics;
using Figment.Cli.Screen;

namespace Figment.Cli.Tests;

/// <summary>What a command line printed, and its exit code.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    /// <summary>Runs the program inside this process; its terminal is a pair of texts.</summary>
    public static CliRun Of(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(output, error, OutIsLive: false, ErrorIsLive: false, HasColour: false, () => 100);
        return new CliRun(FigmentProgram.Run(args, terminal), output.ToString(), error.ToString());
    }

    /// <summary>Runs the program as a process of its own, as a user does.</summary>
    public static CliRun Process(string[] args, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "figment"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CliRun(process.ExitCode, output, error.Result);
    }
}
