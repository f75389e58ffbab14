using System.Globalization;

namespace Figment.App;

/// <summary>One varied option: its values, or a range to draw from.</summary>
internal sealed record SweepAxis(string Option, IReadOnlyList<string> Values, double Low, double High)
{
    /// <summary>Whether values are drawn between two ends.</summary>
    public bool IsRange => Values.Count == 0;

    /// <summary>Reads <c>option=a,b,c</c> or <c>option=low..high</c>. Commas inside brackets belong to a value, as in
    /// <c>model.hidden=[400],[400,400]</c>.</summary>
    /// <exception cref="FigmentException">It is neither.</exception>
    public static SweepAxis Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (option, values) = equals < 1 ? ("", "") : (text[..equals].Trim(), text[(equals + 1)..].Trim());
        if (option.Length == 0 || values.Length == 0)
            throw new FigmentException($"'{text}' varies nothing",
                "write an option and its values, as in optimizer.learning-rate=1e-4,2e-4", isUsage: true);
        var ends = values.Split("..");
        if (ends.Length == 2 && Number(ends[0]) is { } low && Number(ends[1]) is { } high)
            return low < high ? new SweepAxis(option, [], low, high)
                : throw new FigmentException($"the range {values} of {option} is empty", "write the smaller end first",
                    isUsage: true);
        var list = Split(values);
        if (list.Any(value => value.Length == 0) || list.Distinct(StringComparer.Ordinal).Count() < list.Count)
            throw new FigmentException($"the values {values} of {option} are empty in places, or the same",
                "write different values with commas between them", isUsage: true);
        return new SweepAxis(option, list, 0, 0);
    }

    /// <summary>Every combination; the last axis changes fastest.</summary>
    /// <exception cref="FigmentException">A range has no end of values.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Grid(IReadOnlyList<SweepAxis> axes)
    {
        if (axes.FirstOrDefault(axis => axis.IsRange) is { } range)
            throw new FigmentException($"{range.Option} is a range, of which a grid has no end",
                "pass --random N to draw from it, or list its values", isUsage: true);
        if (axes.Aggregate(1.0, (product, axis) => product * axis.Values.Count) > 1e6)
            throw new FigmentException("the grid has more than a million points", "pass --random N, or vary less",
                isUsage: true);
        IEnumerable<IReadOnlyList<string>> grid = [[]];
        foreach (var axis in axes)
            grid = grid.SelectMany(head => axis.Values, (head, value) => (IReadOnlyList<string>)[.. head, value]);
        return [.. grid];
    }

    /// <summary>Points drawn at random, the same for a seed: one of the values, evenly; of a range of positive numbers,
    /// evenly in the logarithm; of another range, evenly.</summary>
    public static IReadOnlyList<IReadOnlyList<string>> Draw(IReadOnlyList<SweepAxis> axes, int count, ulong seed)
    {
        var random = new Random((int)(seed % int.MaxValue));
        return [.. Enumerable.Range(0, count).Select(_ => (IReadOnlyList<string>)[.. axes.Select(axis =>
            axis.IsRange ? axis.Between(random.NextDouble()) : axis.Values[random.Next(axis.Values.Count)])])];
    }

    // Four digits, so that tables and commands can be read.
    private string Between(double share) => (Low > 0 ? Low * Math.Pow(High / Low, share) : Low + (share * (High - Low)))
        .ToString("G4", CultureInfo.InvariantCulture);

    private static List<string> Split(string values)
    {
        var (parts, depth, start) = (new List<string>(), 0, 0);
        for (var i = 0; i < values.Length; i++)
        {
            depth += values[i] is '[' or '{' ? 1 : values[i] is ']' or '}' ? -1 : 0;
            if (values[i] != ',' || depth > 0) continue;
            parts.Add(values[start..i].Trim());
            start = i + 1;
        }

        return [.. parts, values[start..].Trim()];
    }

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
        && double.IsFinite(number) ? number : null;
}
