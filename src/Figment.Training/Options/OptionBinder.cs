using System.Globalization;

namespace Figment.Training.Options;

/// <summary>Lays a parsed document over a record: keys that are given replace the record's values, all others stay.
/// Faults are collected, never thrown, and leave the value they concern as it was.</summary>
internal sealed class OptionBinder(OptionTypes types, List<OptionFault> faults)
{
    /// <summary>Where each bound path was written, for the faults that later checks find.</summary>
    public Dictionary<string, OptionMark> Marks { get; } = new(StringComparer.Ordinal);

    public object? Bind(OptionType type, bool nullable, OptionNode node, object? current, string path)
    {
        Marks[path] = node.Mark;
        if (node is ScalarNode { IsNull: true })
        {
            if (nullable)
                return null;
            // An empty plain scalar is how YAML writes the empty text.
            if (type is TextType && node is ScalarNode { Text: "" })
                return "";
            return Fault(path, node.Mark, $"needs {Expected(type)}, not null", current);
        }
        return type switch
        {
            RecordType record => BindRecord(record, node, current ?? record.Default(), path),
            VariantType variant => BindVariant(variant, node, current, path),
            ListType list => BindList(list, node, current, path),
            _ when node is not ScalarNode => Fault(path, node.Mark, $"expected {Expected(type)}", current),
            ChoiceType choice => BindChoice(choice, (ScalarNode)node, current, path),
            _ => BindScalar(type, (ScalarNode)node, current, path),
        };
    }

    private object? BindRecord(RecordType record, OptionNode node, object? current, string path)
    {
        if (node is not MappingNode mapping)
            return Fault(path, node.Mark, "expected keys with values", current);
        if (current is null)
            throw new InvalidOperationException($"{record.Clr.Name} has no default value to lay '{path}' over");
        var copy = record.Copy(current);
        Fill(record, mapping.Entries, copy, path);
        return copy;
    }

    private void Fill(
        RecordType record, IEnumerable<MappingEntry> entries, object copy, string path, string? skip = null)
    {
        foreach (var entry in entries)
        {
            var child = Join(path, entry.Key);
            if (record.Properties.FirstOrDefault(p => p.Key == entry.Key) is { } property)
                property.Set(copy, Bind(property.Type, property.Nullable, entry.Value, property.Get(copy), child));
            else
                Fault(child, entry.KeyMark, "unknown key", null, Suggest(record, copy, entry.Key, skip));
        }
    }

    private object? BindVariant(VariantType variant, OptionNode node, object? current, string path)
    {
        var family = variant.Family;
        // `optimizer: adam` is short for `optimizer: { kind: adam }`.
        if (node is ScalarNode word)
            return Select(family, word, current, path) ?? current;
        if (node is not MappingNode mapping)
            return Fault(path, node.Mark, "expected keys with values", current);
        var selected = current;
        if (mapping.Entries.FirstOrDefault(e => e.Key == family.Key) is { } entry)
        {
            selected = entry.Value is ScalarNode id
                ? Select(family, id, current, Join(path, family.Key))
                : Fault(Join(path, family.Key), entry.Value.Mark, $"expected {OneOf(family.Defaults.Keys)}", null);
            if (selected is null)
                return current;
        }
        if (selected is null)
            return Fault(Join(path, family.Key), node.Mark, $"missing; expected {OneOf(family.Defaults.Keys)}", null);
        var record = types.Record(selected.GetType());
        var copy = record.Copy(selected);
        Fill(record, mapping.Entries.Where(e => e.Key != family.Key), copy, path, family.Key);
        return copy;
    }

    private object? Select(OptionFamily family, ScalarNode word, object? current, string path)
    {
        if (current is not null && family.Ids.TryGetValue(current.GetType(), out var same) && same == word.Text)
            return current;
        if (family.Defaults.TryGetValue(word.Text, out var chosen))
            return chosen;
        return Fault(path, word.Mark, $"'{Short(word.Text)}' is not {OneOf(family.Defaults.Keys)}", null,
            OptionNames.Nearest(word.Text, family.Defaults.Keys));
    }

    private object? BindList(ListType list, OptionNode node, object? current, string path)
    {
        if (node is not SequenceNode sequence)
            return Fault(path, node.Mark, "expected a list, as in [1, 2]", current);
        var before = faults.Count;
        var items = sequence.Items.Select((item, i) =>
            Bind(list.Element, false, item, (list.Element as RecordType)?.Default(), $"{path}[{i}]")).ToList();
        return faults.Count > before ? current : list.Build(items);
    }

    private object? BindChoice(ChoiceType choice, ScalarNode scalar, object? current, string path) =>
        choice.Values.TryGetValue(scalar.Text, out var value)
            ? value
            : Fault(path, scalar.Mark, $"'{Short(scalar.Text)}' is not {OneOf(choice.Values.Keys)}", current,
                OptionNames.Nearest(scalar.Text, choice.Values.Keys));

    private object? BindScalar(OptionType type, ScalarNode scalar, object? current, string path)
    {
        object? value = type switch
        {
            TextType => scalar.Text,
            _ when !scalar.Plain => null,
            BoolType => scalar.Text switch { "true" => true, "false" => false, _ => null },
            IntegerType { Clr: var clr } => Integer(scalar.Text, clr),
            NumberType { Clr: var clr } => Number(Real(scalar.Text), clr),
            _ => throw new NotSupportedException(type.GetType().Name),
        };
        return value ?? Fault(path, scalar.Mark, $"expected {Expected(type)}, found '{Short(scalar.Text)}'", current);
    }

    private static object? Integer(string text, Type type)
    {
        if (type == typeof(ulong))
            return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole) ? whole : null;
        // 1e6 is a convenient way to write many steps; only whole numbers that a double holds exactly pass.
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            if (Real(text) is not { } real || real != Math.Floor(real) || Math.Abs(real) > 1L << 53)
                return null;
            value = (long)real;
        }
        if (type == typeof(long))
            return value;
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : null;
    }

    private static double? Real(string text)
    {
        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint
            | NumberStyles.AllowExponent;
        var read = double.TryParse(text, style, CultureInfo.InvariantCulture, out var value);
        return read && double.IsFinite(value) ? value : null;
    }

    private static object? Number(double? value, Type type)
    {
        if (value is not { } real || type == typeof(double))
            return value;
        var single = (float)real;
        return float.IsFinite(single) ? single : null;
    }

    private string? Suggest(RecordType record, object value, string key, string? alsoKnown)
    {
        var siblings = record.Properties.Select(p => p.Key);
        var near = OptionNames.Nearest(key, alsoKnown is null ? siblings : siblings.Append(alsoKnown));
        return near ?? Leaves(record, value, "").FirstOrDefault(p => p.EndsWith("." + key, StringComparison.Ordinal));
    }

    private IEnumerable<string> Leaves(RecordType record, object value, string path)
    {
        foreach (var property in record.Properties)
        {
            var child = Join(path, property.Key);
            yield return child;
            if (property.Type is not (RecordType or VariantType) || property.Get(value) is not { } inner)
                continue;
            foreach (var leaf in Leaves(types.Record(inner.GetType()), inner, child))
                yield return leaf;
        }
    }

    private object? Fault(string path, OptionMark mark, string message, object? keep, string? suggestion = null)
    {
        faults.Add(new OptionFault(path, message, mark.Source, mark.Line, mark.Column, suggestion));
        return keep;
    }

    private static string Expected(OptionType type) => type switch
    {
        BoolType => "true or false",
        IntegerType => "a whole number",
        NumberType => "a number",
        TextType => "text",
        ChoiceType choice => OneOf(choice.Values.Keys),
        VariantType variant => OneOf(variant.Family.Defaults.Keys),
        ListType => "a list",
        _ => "keys with values",
    };

    private static string OneOf(IEnumerable<string> words) => $"one of {string.Join(", ", words)}";

    private static string Short(string text) => text.Length <= 60 ? text : text[..60] + "...";

    public static string Join(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";
}
