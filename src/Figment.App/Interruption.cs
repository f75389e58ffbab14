using Figment.Training;

namespace Figment.App;

/// <summary>
/// SIGINT and SIGTERM while a use case works: the first asks it to finish its step and save, the second leaves at once.
/// </summary>
public sealed class Interruption : IDisposable
{
    private readonly StopSignals signals = StopSignals.Listen();

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => signals.Token;

    /// <summary>130 for SIGINT, 143 for SIGTERM, null when none came.</summary>
    public int? ExitCode => signals.ExitCode;

    /// <summary>Stops listening.</summary>
    public void Dispose() => signals.Dispose();
}
