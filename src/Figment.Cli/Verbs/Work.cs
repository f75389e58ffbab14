using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>Runs a long use case: signals, progress, then its result as text or JSON.</summary>
internal static class Work
{
    /// <summary>The command line as typed, for runs and pictures to carry.</summary>
    public static string CommandLine =>
        "figment " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1).Select(Quote));

    /// <summary>Runs a use case whose success is exit code 0.</summary>
    public static int Show<T>(Terminal terminal, ParseResult parsed, Option<ProgressMode> mode, Option<bool> json,
        Func<IProgress<WorkEvent>, CancellationToken, T> work, Action<T, TextWriter> print)
        where T : class => Do(terminal, parsed, mode, json, work, print, _ => ExitCode.Ok);

    /// <summary>Runs a use case and lets its result decide the exit code; a signal decides over both.</summary>
    public static int Do<T>(Terminal terminal, ParseResult parsed, Option<ProgressMode> mode, Option<bool> json,
        Func<IProgress<WorkEvent>, CancellationToken, T> work, Action<T, TextWriter> print, Func<T, int> exitCode)
        where T : class => Stoppable(terminal, parsed, mode, json, work, print, exitCode);

    /// <summary>Runs a use case that gives null when it was stopped on the way.</summary>
    public static int Stoppable<T>(Terminal terminal, ParseResult parsed, Option<ProgressMode> mode, Option<bool> json,
        Func<IProgress<WorkEvent>, CancellationToken, T?> work, Action<T, TextWriter> print, Func<T, int> exitCode)
        where T : class
    {
        var asJson = parsed.GetValue(json);
        using var interruption = new Interruption();
        try
        {
            T? result;
            using (var progress = Progress.Create(terminal, parsed.GetValue(mode), asJson))
                result = work(progress, interruption.Token);
            if (result is null)
            {
                terminal.Error.WriteLine(
                    "figment: stopped; the run is saved. The same command, or figment resume, goes on.");
                return interruption.ExitCode ?? ExitCode.Failure;
            }

            // Of several ranks that train together the first one speaks.
            if (result is RunOutcome { Run: "" } ended) return interruption.ExitCode ?? exitCode((T)(object)ended);
            if (asJson) terminal.Out.WriteLine(JsonOutput.Result(result));
            else if (parsed.GetValue(mode) != ProgressMode.Json) print(result, terminal.Out);
            return interruption.ExitCode ?? exitCode(result);
        }
        catch (OperationCanceledException) when (interruption.ExitCode is { } signal)
        {
            return signal;
        }
    }

    private static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsLetterOrDigit(c) || "-_./=:,@%+".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
