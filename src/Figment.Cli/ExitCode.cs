namespace Figment.Cli;

/// <summary>What the exit code tells a script. The root help lists them.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Ok = 0;

    /// <summary>It failed; one line on the error stream says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the configuration was wrong; nothing was begun.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by SIGINT; a run was saved.</summary>
    public const int Interrupted = 130;

    /// <summary>Stopped by SIGTERM; a run was saved.</summary>
    public const int Terminated = 143;
}
