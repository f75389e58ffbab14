using System.Runtime.InteropServices;
using Figment.Training.Distributed;
using Figment.Training.Runs;

namespace Figment.Training;

/// <summary>Turns SIGINT and SIGTERM into a request to stop: the first lets the step finish and the run save itself,
/// the
/// second leaves at once.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly PosixSignalRegistration[] registrations;
    private int exitCode;

    private StopSignals() => registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle),
    ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>128 plus the first signal's number (130 for SIGINT, 143 for SIGTERM); null when none came.</summary>
    public int? ExitCode => Volatile.Read(ref exitCode) is var code and not 0 ? code : null;

    /// <summary>Begins to listen.</summary>
    public static StopSignals Listen() => new();

    /// <summary>Stops listening; signals do again what they did before.</summary>
    public void Dispose()
    {
        foreach (var registration in registrations)
            registration.Dispose();
        source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        var code = context.Signal == PosixSignal.SIGINT ? 130 : 143;
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && ProcessTies.IsLaunched)
            return; // the launcher has heard it too, and passes it on
        if (Interlocked.CompareExchange(ref exitCode, code, 0) != 0)
            LibC.ExitNow(code);
        source.Cancel();
    }
}
