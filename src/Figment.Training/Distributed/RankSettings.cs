using System.Globalization;

namespace Figment.Training.Distributed;

/// <summary>The launcher's variables are incomplete or contradict each other.</summary>
public sealed class RankSettingsException(string message) : Exception(message);

/// <summary>Which of several processes this one is, and where they meet.</summary>
/// <param name="Rank">This process, in [0, Size).</param>
/// <param name="Size">How many processes train together.</param>
/// <param name="LocalRank">Its number on its machine: which GPU is its own.</param>
/// <param name="Address">The host of rank 0.</param>
/// <param name="Port">A free port there.</param>
public sealed record RankSettings(int Rank, int Size, int LocalRank, string Address, int Port)
{
    /// <summary>How long the ranks wait for each other at the start.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Reads what a launcher has set: RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT (torchrun's
    /// convention, which comes first), or Slurm's SLURM_PROCID, SLURM_NTASKS, SLURM_LOCALID and SLURM_JOB_NODELIST. In
    /// a Slurm job MASTER_ADDR and MASTER_PORT may be set too. FIGMENT_JOIN_SECONDS changes the patience.</summary>
    /// <param name="variable">Looks a variable up; null for the process's environment.</param>
    /// <returns>Null when no launcher has set anything, or there is but one process.</returns>
    /// <exception cref="RankSettingsException">Some are missing, are no numbers, or contradict each other.</exception>
    public static RankSettings? FromEnvironment(Func<string, string?>? variable = null)
    {
        variable ??= Environment.GetEnvironmentVariable;
        string? Find(string name) => variable(name) is { Length: > 0 } value ? value : null;
        var settings = Find("RANK") is not null || Find("WORLD_SIZE") is not null ? OfTorchrun(Find)
            : Find("SLURM_PROCID") is not null && !IsBatchScript(Find) ? OfSlurm(Find) : null;
        if (settings is null or { Size: 1, Rank: 0 })
            return null;
        settings.Check();
        return Find("FIGMENT_JOIN_SECONDS") is null ? settings
            : settings with { Patience = TimeSpan.FromSeconds(Number(Find, "FIGMENT_JOIN_SECONDS", 1, 86_400)) };
    }

    /// <summary>The first host of a Slurm list: <c>node[03-06,09],login</c> gives <c>node03</c>.</summary>
    /// <exception cref="RankSettingsException">The list is not of that form.</exception>
    public static string FirstHost(string list)
    {
        ArgumentNullException.ThrowIfNull(list);
        var open = list.IndexOf('[', StringComparison.Ordinal);
        var comma = list.IndexOf(',', StringComparison.Ordinal);
        if (open < 0 || (comma >= 0 && comma < open))
            return comma < 0 ? list : list[..comma];
        var close = list.IndexOf(']', open);
        if (close < 0)
            throw new RankSettingsException($"SLURM_JOB_NODELIST is '{list}', which lacks a ']'");
        var rest = list[(close + 1)..];
        var end = rest.IndexOf(',', StringComparison.Ordinal);
        return list[..open] + list[(open + 1)..close].Split(',', '-')[0] + (end < 0 ? rest : rest[..end]);
    }

    private static RankSettings OfTorchrun(Func<string, string?> find)
    {
        string[] needed = ["RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"];
        var missing = needed.Where(name => find(name) is null).ToList();
        if (missing.Count > 0)
            throw new RankSettingsException($"{string.Join(", ", needed.Except(missing))} {Verb(needed.Length
                - missing.Count)} set, but not {string.Join(", ", missing)}: set all of {string.Join(", ", needed)} to "
                + "train with several processes, or none to train with one");
        return new RankSettings(Number(find, "RANK", 0, 65_535), Number(find, "WORLD_SIZE", 1, 65_536),
            find("LOCAL_RANK") is null ? 0 : Number(find, "LOCAL_RANK", 0, 65_535), find("MASTER_ADDR")!,
            Number(find, "MASTER_PORT", 1, 65_535));
    }

    private static RankSettings OfSlurm(Func<string, string?> find)
    {
        if (find("SLURM_NTASKS") is null)
            throw new RankSettingsException("SLURM_PROCID is set, but not SLURM_NTASKS: start the tasks with srun");
        var size = Number(find, "SLURM_NTASKS", 1, 65_536);
        var host = find("MASTER_ADDR") ?? (find("SLURM_JOB_NODELIST") is { } list ? FirstHost(list)
            : size == 1 ? "localhost"
            : throw new RankSettingsException("neither SLURM_JOB_NODELIST nor MASTER_ADDR says where rank 0 runs"));
        // Jobs that share a node should not meet on one port.
        var job = find("SLURM_JOB_ID") is null ? 0 : Number(find, "SLURM_JOB_ID", 0, int.MaxValue);
        return new RankSettings(Number(find, "SLURM_PROCID", 0, 65_535), size,
            find("SLURM_LOCALID") is null ? 0 : Number(find, "SLURM_LOCALID", 0, 65_535), host,
            find("MASTER_PORT") is null ? 15_000 + (job % 15_000) : Number(find, "MASTER_PORT", 1, 65_535));
    }

    // A batch script runs beside its tasks, with the numbers of the first one but outside of any step.
    private static bool IsBatchScript(Func<string, string?> find) =>
        find("SLURM_JOB_ID") is not null && find("SLURM_STEP_ID") is null;

    private void Check()
    {
        if (Rank >= Size)
            throw new RankSettingsException($"rank {Rank} cannot be among {Size} processes: ranks are 0 to {Size - 1}");
        if (LocalRank > Rank)
            throw new RankSettingsException($"the local rank {LocalRank} cannot be above the rank, {Rank}");
    }

    private static string Verb(int count) => count == 1 ? "is" : "are";

    private static int Number(Func<string, string?> find, string name, int low, int high) =>
        int.TryParse(find(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number >= low && number <= high ? number
            : throw new RankSettingsException($"{name} is '{find(name)}'; it must be a number from {low} to {high}");
}
