namespace Figment.Nn;

/// <summary>A state dict that does not fit a module or an optimiser: every fault is named at once.</summary>
public sealed class StateDictException : Exception
{
    /// <summary>Builds the exception from the faults found.</summary>
    /// <param name="missing">Keys that the receiver has and the state lacks.</param>
    /// <param name="unexpected">Keys that the state has and the receiver lacks.</param>
    /// <param name="unfit">Keys whose shape, type or tied value differ, each with what was expected and given.</param>
    public StateDictException(IReadOnlyList<string> missing, IReadOnlyList<string> unexpected,
        IReadOnlyList<string> unfit) : base(Compose(missing, unexpected, unfit)) =>
        (Missing, Unexpected, Unfit) = (missing, unexpected, unfit);

    /// <summary>Keys that the receiver has and the state lacks.</summary>
    public IReadOnlyList<string> Missing { get; }

    /// <summary>Keys that the state has and the receiver lacks.</summary>
    public IReadOnlyList<string> Unexpected { get; }

    /// <summary>Keys whose shape, type or tied value differ, each with what was expected and given.</summary>
    public IReadOnlyList<string> Unfit { get; }

    private static string Compose(IReadOnlyList<string> missing, IReadOnlyList<string> unexpected,
        IReadOnlyList<string> unfit)
    {
        var parts = new List<string> { "The state does not fit; nothing was loaded." };
        if (missing.Count > 0)
            parts.Add($"Missing ({missing.Count}): {string.Join(", ", missing)}.");
        if (unexpected.Count > 0)
            parts.Add($"Unexpected ({unexpected.Count}): {string.Join(", ", unexpected)}.");
        if (unfit.Count > 0)
            parts.Add($"Unfit ({unfit.Count}): {string.Join("; ", unfit)}.");
        return string.Join(" ", parts);
    }
}
