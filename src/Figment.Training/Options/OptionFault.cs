namespace Figment.Training.Options;

/// <summary>One thing wrong with a configuration: where, what, and the nearest right word when there is one.</summary>
/// <param name="Path">Dotted path of the option (<c>plan.batch</c>); empty for the document itself.</param>
/// <param name="Message">What is wrong, in one sentence without a full stop.</param>
/// <param name="Source">File name, or the command-line argument the value came from; null for values set in
/// code.</param>
/// <param name="Line">1-based line in the file; null when the source has no lines.</param>
/// <param name="Column">1-based column in the file; null when the source has no lines.</param>
/// <param name="Suggestion">Nearest known key, value or path; null when nothing is near.</param>
public sealed record OptionFault(
    string Path, string Message, string? Source = null, int? Line = null, int? Column = null, string? Suggestion = null)
{
    /// <summary>The fault as one line, in the form editors and terminals make clickable.</summary>
    public override string ToString()
    {
        var place = (Source, Line) switch
        {
            (null, _) => "",
            (_, null) => $"{Source}: ",
            _ => $"{Source}:{Line}:{Column}: ",
        };
        var subject = Path.Length == 0 ? "" : $"{Path}: ";
        var hint = Suggestion is null ? "" : $"; did you mean '{Suggestion}'?";
        return $"{place}{subject}{Message}{hint}";
    }
}

/// <summary>A configuration was refused. All its faults are told together.</summary>
public sealed class OptionsException(IReadOnlyList<OptionFault> faults) : Exception(Tell(faults))
{
    /// <summary>Every fault found, in the order of the document.</summary>
    public IReadOnlyList<OptionFault> Faults { get; } = faults;

    private static string Tell(IReadOnlyList<OptionFault> faults) => faults.Count == 1
        ? faults[0].ToString()
        : $"{faults.Count} faults in the configuration:\n" + string.Join('\n', faults.Select(f => "  " + f));
}
