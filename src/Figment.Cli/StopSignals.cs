using System.Runtime.InteropServices;

namespace Figment.Cli;

/// <summary>
/// SIGINT and SIGTERM during a verb: the first asks the work to finish its step and save, the second leaves at once.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;

    public StopSignals()
    {
        Received = null;
        registrations = [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => On(context, ExitCode.Interrupted)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => On(context, ExitCode.Terminated)),
        ];
    }

    /// <summary>The exit code of the first signal since the last of these objects was made, or null.</summary>
    public static int? Received { get; private set; }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void On(PosixSignalContext context, int exitCode)
    {
        context.Cancel = true; // the default would end the process in the middle of a step
        if (Received is { } first) Environment.Exit(first);
        Received = exitCode;
        source.Cancel();
    }
}
