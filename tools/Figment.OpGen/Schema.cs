using System.Globalization;

namespace Figment.OpGen;

/// <summary>One argument of an operator: `int[2] stride=1`, `Tensor? weight=None`.</summary>
internal sealed record Argument(string Type, string Name, string? Default, bool Mutated)
{
    public bool IsOptionalType => Type.EndsWith('?');

    /// <summary>The type without its list length, alias mark and symbolic integers.</summary>
    public string Plain => Type.TrimEnd('?') switch
    {
        var t when t.StartsWith("int[", StringComparison.Ordinal) => "int[]",
        var t when t.StartsWith("float[", StringComparison.Ordinal) => "float[]",
        var t when t.StartsWith("bool[", StringComparison.Ordinal) => "bool[]",
        var t => t,
    };

    /// <summary>A list that libtorch also accepts as one number: `int[1] dim`.</summary>
    public bool IsSingle => Type is "int[1]" or "int[1]?";
}

/// <summary>What libtorch says of one operator, e.g. <c>aten::add.Tensor(Tensor self, ...) -> Tensor</c>.</summary>
internal sealed record Schema(
    string Text, string Signature, string Library, string Name, string Overload, IReadOnlyList<Argument> Arguments,
    IReadOnlyList<string> ReturnTypes, IReadOnlyList<string?> ReturnNames)
{
    /// <summary>Whether a result is marked as an alias of an argument that is not changed.</summary>
    public bool IsView =>
        !IsInPlace && Text[Text.LastIndexOf(") -> ", StringComparison.Ordinal)..].Contains("Tensor(a",
        StringComparison.Ordinal);

    public bool IsInPlace => Arguments.Count > 0 && Arguments[0].Mutated;

    public static Schema Parse(string text, string signature)
    {
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var colons = text.IndexOf("::", StringComparison.Ordinal);
        var head = text[(colons + 2)..open].Split('.');
        var arrow = text.LastIndexOf(") -> ", StringComparison.Ordinal);
        var arguments = SplitTopLevel(text[(open + 1)..arrow]).Where(a => a != "*").Select(ParseArgument).ToList();
        var returns = text[(arrow + 5)..];
        var parts = returns.StartsWith('(') ? SplitTopLevel(returns[1..^1]) : [returns];
        var typed = parts.Select(StripAlias).Select(p => p.Split(' ')).ToList();
        return new Schema(text, signature, text[..colons], head[0], head.Length > 1 ? head[1] : "", arguments,
            [.. typed.Select(p => p[0])], [.. typed.Select(p => p.Length > 1 ? p[1] : null)]);
    }

    private static Argument ParseArgument(string text)
    {
        var mutated = text.Contains('!', StringComparison.Ordinal);
        text = StripAlias(text).Replace("SymInt", "int", StringComparison.Ordinal);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var value = equals < 0 ? null : text[(equals + 1)..];
        var left = equals < 0 ? text : text[..equals];
        var space = left.LastIndexOf(' ');
        return new Argument(left[..space], left[(space + 1)..], value, mutated);
    }

    // Tensor(a!) -> Tensor, Tensor(a -> *) -> Tensor, Tensor(a!)[] -> Tensor[]
    private static string StripAlias(string text)
    {
        for (var at = text.IndexOf("Tensor(", StringComparison.Ordinal); at >= 0;
             at = text.IndexOf("Tensor(", StringComparison.Ordinal))
        {
            var close = text.IndexOf(')', at);
            text = text[..(at + 6)] + text[(close + 1)..];
        }

        return text;
    }

    private static List<string> SplitTopLevel(string text)
    {
        var (parts, depth, start) = (new List<string>(), 0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '(' or '[') depth++;
            else if (text[i] is ')' or ']') depth--;
            else if (text[i] == ',' && depth == 0)
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        if (start < text.Length) parts.Add(text[start..].Trim());
        return parts;
    }

    /// <summary>
    /// <c>conv_transpose2d</c> becomes <c>ConvTranspose2d</c>; a trailing underscore becomes <c>InPlace</c>.
    /// </summary>
    public static string Pascal(string name)
    {
        var inPlace = name.EndsWith('_');
        var words = name.Trim('_').Split('_', StringSplitOptions.RemoveEmptyEntries);
        var joined = string.Concat(words.Select(w => char.ToUpper(w[0], CultureInfo.InvariantCulture) + w[1..]));
        return joined + (inPlace ? "InPlace" : "");
    }

    /// <summary><c>output_size</c> becomes <c>outputSize</c>; C# keywords are escaped.</summary>
    public static string Camel(string name)
    {
        var pascal = Pascal(name);
        // A whole upper-case name (A, B, HxW) keeps its first letter's case only where it is one letter.
        var camel = char.ToLower(pascal[0], CultureInfo.InvariantCulture) + pascal[1..];
        return camel is "params" or "out" or "base" or "in" or "ref" or "from" or "default" ? "@" + camel : camel;
    }
}
