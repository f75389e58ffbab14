using System.Globalization;

namespace Figment.Training.Runs;

/// <summary>One process of one boot of one machine: a process id alone is soon given to another.</summary>
/// <param name="BootId">The kernel's random id of this boot; a lock of another boot is stale.</param>
/// <param name="StartTicks">Clock ticks from boot to the process's start.</param>
public sealed record ProcessIdentity(int ProcessId, string BootId, long StartTicks)
{
    /// <summary>This process.</summary>
    public static ProcessIdentity Current { get; } = new(
        Environment.ProcessId, ReadBootId(), ReadStartTicks(Environment.ProcessId) ?? 0);

    /// <summary>Whether the very process still runs.</summary>
    [System.Text.Json.Serialization.JsonIgnore] // true only at the moment of asking, so it is no part of a file
    public bool IsAlive => BootId == Current.BootId && ReadStartTicks(ProcessId) == StartTicks;

    private static string ReadBootId()
    {
        const string path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "unknown";
    }

    private static long? ReadStartTicks(int processId)
    {
        try
        {
            // The second field is the program's name in brackets and may hold anything, so count from the last bracket;
            // the start time is field 22 of all, the 20th after it. A zombie (state Z) writes nothing any more.
            var stat = File.ReadAllText($"/proc/{processId.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
