using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace Figment.Training.Options;

/// <summary>Checks the values of a record tree against their annotations, and whole records that check themselves
/// (<see cref="IValidatableObject"/>). It sees values from files, from the command line and from code alike.</summary>
internal sealed class OptionRules(
    OptionTypes types, List<OptionFault> faults, IReadOnlyDictionary<string, OptionMark> marks)
{
    public void Check(object record, string path)
    {
        foreach (var property in types.Record(record.GetType()).Properties)
        {
            var child = OptionBinder.Join(path, property.Key);
            var value = property.Get(record);
            if (value is null)
            {
                if (!property.Nullable)
                    Add(child, "is missing");
                continue;
            }
            foreach (var rule in property.Rules)
                Check(rule, value, child);
            Descend(property.Type, value, child);
        }
        if (record is not IValidatableObject whole)
            return;
        foreach (var result in whole.Validate(new ValidationContext(record)))
        {
            var member = result.MemberNames.FirstOrDefault();
            var place = member is null ? path : OptionBinder.Join(path, OptionNames.Kebab(member));
            Add(place, result.ErrorMessage ?? "refused");
        }
    }

    private void Descend(OptionType type, object value, string path)
    {
        if (type is RecordType or VariantType)
            Check(value, path);
        else if (type is NumberType && !double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture)))
            Add(path, "is not a finite number");
        else if (type is ListType { Element: RecordType or VariantType or NumberType } list)
            foreach (var (item, i) in Items(value).Select((item, i) => (item, i)))
                Descend(list.Element, item, $"{path}[{i}]");
    }

    private void Check(ValidationAttribute rule, object value, string path)
    {
        switch (rule)
        {
            // A range or a set of values on a list speaks of its elements.
            case RangeAttribute or AllowedValuesAttribute when value is System.Collections.IEnumerable and not string:
                foreach (var (item, i) in Items(value).Select((item, i) => (item, i)))
                    Check(rule, item, $"{path}[{i}]");
                break;
            case RangeAttribute range when !InRange(range, value):
                Add(path, $"{Text(value)} is outside {Describe(range)}");
                break;
            case AllowedValuesAttribute allowed when !allowed.Values.Any(v => v is not null && Text(v) == Text(value)):
                Add(path, $"{Text(value)} is not one of {string.Join(", ", allowed.Values.Select(v => Text(v!)))}",
                    value is string word ? OptionNames.Nearest(word, allowed.Values.Select(v => Text(v!))) : null);
                break;
            case LengthAttribute length when !length.IsValid(value):
                Add(path, $"needs {length.MinimumLength} to {length.MaximumLength} entries");
                break;
            case MinLengthAttribute length when !length.IsValid(value):
                Add(path, length.Length == 1 ? "must not be empty" : $"needs at least {length.Length} entries");
                break;
            case MaxLengthAttribute length when !length.IsValid(value):
                Add(path, $"takes at most {length.Length} entries");
                break;
            case RegularExpressionAttribute pattern when !pattern.IsValid(value):
                Add(path, $"'{value}' does not have the form {pattern.Pattern}");
                break;
            case RequiredAttribute required when !required.IsValid(value):
                Add(path, "must not be empty");
                break;
            case RangeAttribute or AllowedValuesAttribute or LengthAttribute or MinLengthAttribute or MaxLengthAttribute
                or RegularExpressionAttribute:
                break;
            default:
                if (!rule.IsValid(value))
                    Add(path, rule.FormatErrorMessage(path));
                break;
        }
    }

    private static bool InRange(RangeAttribute range, object value)
    {
        if (value is ulong natural && range is { Minimum: int or long, Maximum: int or long })
            return natural <= long.MaxValue && InRange(range, (long)natural);
        var x = Convert.ToDouble(value, CultureInfo.InvariantCulture);
        var (low, high) = Bounds(range);
        return (range.MinimumIsExclusive ? x > low : x >= low) && (range.MaximumIsExclusive ? x < high : x <= high);
    }

    internal static (double Low, double High) Bounds(RangeAttribute range) =>
        (Convert.ToDouble(range.Minimum, CultureInfo.InvariantCulture),
            Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture));

    internal static string Describe(RangeAttribute range)
    {
        var (low, high) = Bounds(range);
        var lower = range.MinimumIsExclusive ? $"more than {Text(low)}" : $"{Text(low)}";
        if (high is double.MaxValue or double.PositiveInfinity or int.MaxValue or long.MaxValue)
            return range.MinimumIsExclusive ? $"what is allowed ({lower})" : $"what is allowed ({lower} or more)";
        var upper = range.MaximumIsExclusive ? $"less than {Text(high)}" : Text(high);
        return range.MinimumIsExclusive || range.MaximumIsExclusive
            ? $"what is allowed ({lower}, up to {upper})" : $"{lower} to {upper}";
    }

    private static IEnumerable<object> Items(object list) => ((System.Collections.IEnumerable)list).Cast<object>();

    private static string Text(object value) => value switch
    {
        Enum choice => OptionNames.Kebab(choice.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private void Add(string path, string message, string? suggestion = null)
    {
        var mark = MarkOf(path);
        // A value that could not be read keeps its default, whose own faults would only repeat the first.
        if (!faults.Any(f => f.Path == path))
            faults.Add(new OptionFault(path, message, mark.Source, mark.Line, mark.Column, suggestion));
    }

    // A default that a file does not mention is told at the nearest enclosing key that it does.
    private OptionMark MarkOf(string path)
    {
        while (path.Length > 0)
        {
            if (marks.TryGetValue(path, out var mark))
                return mark;
            var cut = path.LastIndexOfAny(['.', '[']);
            path = cut < 0 ? "" : path[..cut];
        }
        return default;
    }
}
