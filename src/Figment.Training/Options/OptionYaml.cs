using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Figment.Training.Options;

/// <summary>Writes a record tree as canonical YAML: every option, in declaration order, two-space indents, one way to
/// write each value, so that equal options are equal bytes. Readers of YAML 1.1 and 1.2 agree on every
/// scalar.</summary>
internal sealed partial class OptionYaml(OptionTypes types, bool comments)
{
    private readonly StringBuilder text = new();

    public string Write(object record)
    {
        WriteRecord(record, null, 0);
        return text.ToString();
    }

    private void WriteRecord(object record, OptionFamily? family, int indent)
    {
        if (family is not null)
            Line(indent, family.Key, Scalar(family.IdOf(record)));
        foreach (var property in types.Record(record.GetType()).Properties)
        {
            if (comments && property.Description is { } description)
                text.Append(' ', indent).Append("# ").Append(description.ReplaceLineEndings(" ")).Append('\n');
            WriteValue(property.Key, property.Type, property.Get(record), indent);
        }
    }

    private void WriteValue(string key, OptionType type, object? value, int indent)
    {
        switch (type)
        {
            case RecordType or VariantType when value is not null:
                var family = (type as VariantType)?.Family;
                if (family is null && types.Record(value.GetType()).Properties.Count == 0)
                {
                    Line(indent, key, "{}");
                    break;
                }
                text.Append(' ', indent).Append(key).Append(":\n");
                WriteRecord(value, family, indent + 2);
                break;
            case ListType { Element: RecordType or VariantType } list when value is not null:
                WriteBlockList(key, list, value, indent);
                break;
            case ListType when value is not null:
                var items = ((System.Collections.IEnumerable)value).Cast<object>().Select(Scalar);
                Line(indent, key, $"[{string.Join(", ", items)}]");
                break;
            default:
                Line(indent, key, Scalar(value));
                break;
        }
    }

    private void WriteBlockList(string key, ListType list, object value, int indent)
    {
        var items = ((System.Collections.IEnumerable)value).Cast<object>().ToList();
        if (items.Count == 0)
        {
            Line(indent, key, "[]");
            return;
        }
        text.Append(' ', indent).Append(key).Append(":\n");
        foreach (var item in items)
        {
            var start = text.Length;
            WriteRecord(item, (list.Element as VariantType)?.Family, indent + 4);
            // The first key stands on the dash's line.
            text[start + indent + 2] = '-';
        }
    }

    private void Line(int indent, string key, string value) =>
        text.Append(' ', indent).Append(key).Append(": ").Append(value).Append('\n');

    private static string Scalar(object? value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        float single => Number(single.ToString("R", CultureInfo.InvariantCulture)),
        double real => Number(real.ToString("R", CultureInfo.InvariantCulture)),
        Enum choice => OptionNames.Kebab(choice.ToString()),
        string word => Text(word),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException(value.GetType().Name),
    };

    // YAML 1.1 reads 1E-05 as text: a real number needs its point.
    private static string Number(string digits)
    {
        var exponent = digits.IndexOf('E', StringComparison.Ordinal);
        var (mantissa, tail) = exponent < 0 ? (digits, "") : (digits[..exponent], "e" + digits[(exponent + 1)..]);
        return (mantissa.Contains('.', StringComparison.Ordinal) ? mantissa : mantissa + ".0") + tail;
    }

    private static string Text(string word)
    {
        if (PlainText().IsMatch(word) && !Reserved().IsMatch(word))
            return word;
        var quoted = new StringBuilder("\"");
        foreach (var c in word)
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\t' => "\\t",
                '\r' => "\\r",
                < ' ' or '\u007f' or '\u0085' or '\u00a0' or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff'
                    => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        return quoted.Append('"').ToString();
    }

    [GeneratedRegex(@"^[A-Za-z_/][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*\z")]
    private static partial Regex PlainText();

    [GeneratedRegex(@"^(null|true|false|yes|no|on|off|y|n)\z", RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
