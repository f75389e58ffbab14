using System.Collections.Concurrent;
using System.Reflection;
using System.Xml;
using System.Xml.Linq;

namespace Figment.Training.Options;

/// <summary>The summaries that stand above properties in the source, read from the documentation file that the compiler
/// puts beside the assembly. So an option is described once.</summary>
internal static class SourceSummary
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> files = new();

    /// <summary>The property's summary as plain text; null where there is no file or no summary.</summary>
    public static string? Of(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        var name = $"P:{type.FullName!.Replace('+', '.')}.{property.Name}";
        return files.GetOrAdd(type.Assembly, Read).GetValueOrDefault(name);
    }

    private static Dictionary<string, string> Read(Assembly assembly)
    {
        var path = Path.ChangeExtension(assembly.Location, ".xml");
        if (!File.Exists(path))
            return [];
        try
        {
            return XDocument.Load(path).Descendants("member")
                .Where(m => m.Attribute("name") is not null && m.Element("summary") is not null)
                .DistinctBy(m => m.Attribute("name")!.Value)
                .ToDictionary(m => m.Attribute("name")!.Value, m => Plain(m.Element("summary")!));
        }
        catch (XmlException)
        {
            return []; // descriptions are a help, never a reason to fail
        }
    }

    private static string Plain(XElement summary)
    {
        var words = string.Concat(summary.Nodes().Select(Text));
        return string.Join(' ', words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    // <see cref="P:Figment.Data.DataOptions.Size"/> is written as the option's key: size.
    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "paramref" } link when link.FirstAttribute is { } target =>
            OptionNames.Kebab(target.Value[(target.Value.LastIndexOf('.') + 1)..]),
        XElement other => other.Value,
        _ => "",
    };
}
