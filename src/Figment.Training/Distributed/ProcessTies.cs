using System.Globalization;
using Figment.Training.Runs;

namespace Figment.Training.Distributed;

/// <summary>What binds the ranks on one machine to the program that launched them.</summary>
public static class ProcessTies
{
    /// <summary>Holds the launcher's process id in the environment of the ranks that it starts.</summary>
    public const string LauncherVariable = "FIGMENT_LAUNCHER";

    private const int Killed = 9;
    private const int Terminated = 15;

    /// <summary>Whether this process was started by a launcher, which also tells it when to stop: a Ctrl-C that the
    /// terminal sends to every process is the launcher's to hear.</summary>
    public static bool IsLaunched => Environment.GetEnvironmentVariable(LauncherVariable) is { Length: > 0 };

    /// <summary>In a launched rank: lets the kernel kill it when the launcher dies, however that comes. To be called
    /// first.</summary>
    public static void DieWithLauncher()
    {
        if (!OperatingSystem.IsLinux() || !int.TryParse(Environment.GetEnvironmentVariable(LauncherVariable),
            NumberStyles.None, CultureInfo.InvariantCulture, out var launcher))
            return;
        LibC.DieWithParent(Killed);
        if (LibC.Parent() != launcher)
            LibC.ExitNow(128 + Killed); // it died before the kernel was asked
    }

    /// <summary>Ends this process on the spot: no destructor runs, in no library. On Linux.</summary>
    public static void EndNow(int exitCode) => LibC.ExitNow(exitCode);

    /// <summary>Asks a process to finish its step, save and end (SIGTERM).</summary>
    public static void AskToStop(int process) => _ = LibC.Kill(process, Terminated);
}
