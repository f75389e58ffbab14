using System.Text;
using System.Text.Json.Nodes;

namespace Figment.Training.Options;

/// <summary>One description of options, three faces: YAML (with its JSON Schema), <c>--set key=value</c>, and records
/// in
/// code. Works on any tree of annotated records whose options are <c>init</c> properties holding booleans, numbers,
/// text, enums, lists, records, or registered polymorphic records.</summary>
/// <remarks>Keys are the properties' names in kebab case. Annotations understood: <c>[Description]</c>, <c>[Range]</c>,
/// <c>[AllowedValues]</c>, <c>[MinLength]</c>, <c>[MaxLength]</c>, <c>[Length]</c>, <c>[RegularExpression]</c>,
/// <c>[Browsable(false)]</c> (not an option); a record that implements <c>IValidatableObject</c> checks
/// itself.</remarks>
public sealed class OptionFormat(OptionRegistry registry)
{
    private readonly OptionTypes types = new(registry);

    /// <summary>Lays a YAML document and then <c>--set</c> assignments over defaults.</summary>
    /// <param name="defaults">Value of every option that is not mentioned.</param>
    /// <param name="yaml">Document, or null for none.</param>
    /// <param name="source">The document's name in faults, usually the file's name.</param>
    /// <param name="sets">Assignments <c>a.b.c=value</c>, applied in order.</param>
    /// <exception cref="OptionsException">All faults, each with its place and the nearest known word.</exception>
    public T Read<T>(T defaults, string? yaml = null, string source = "config.yaml", IEnumerable<string>? sets = null)
        where T : class
    {
        var faults = new List<OptionFault>();
        var binder = new OptionBinder(types, faults);
        object options = defaults;
        if (yaml is not null && OptionReader.Parse(yaml, source, faults) is { } document)
            options = binder.Bind(types.Record(typeof(T)), false, document, options, "")!;
        foreach (var set in sets ?? [])
            if (ParseSet(set, faults) is { } assignment)
                options = binder.Bind(types.Record(typeof(T)), false, assignment, options, "")!;
        new OptionRules(types, faults, binder.Marks).Check(options, "");
        return faults.Count == 0 ? (T)options : throw new OptionsException(faults);
    }

    /// <summary>Lays the YAML file over defaults; see <see cref="Read"/>.</summary>
    /// <exception cref="OptionsException">The file is missing, not UTF-8, too long, or has faults.</exception>
    public T ReadFile<T>(T defaults, string path, IEnumerable<string>? sets = null)
        where T : class => Read(defaults, Load(path), path, sets);

    /// <summary>Faults of options made in code; empty when there are none.</summary>
    public IReadOnlyList<OptionFault> Check(object options)
    {
        var faults = new List<OptionFault>();
        new OptionRules(types, faults, new Dictionary<string, OptionMark>()).Check(options, "");
        return faults;
    }

    /// <summary>Canonical YAML: every option in declaration order, equal options giving equal text.</summary>
    /// <param name="comments">Put each option's description above it.</param>
    public string Write(object options, bool comments = false) => new OptionYaml(types, comments).Write(options);

    /// <summary>JSON Schema of the documents that <see cref="Read"/> takes, with descriptions, ranges and
    /// defaults.</summary>
    public JsonObject Schema(string title, object defaults) => new OptionSchema(types).Document(title, defaults);

    private static string Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > 4L * OptionReader.MaxCharacters)
                throw new OptionsException([new OptionFault("", "too large for a configuration", path)]);
            return File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new OptionsException([new OptionFault("", error.Message, path)]);
        }
        catch (DecoderFallbackException)
        {
            throw new OptionsException([new OptionFault("", "not UTF-8 text", path)]);
        }
    }

    private static OptionNode? ParseSet(string set, List<OptionFault> faults)
    {
        var equals = set.IndexOf('=', StringComparison.Ordinal);
        var path = equals < 0 ? "" : set[..equals].Trim();
        var keys = path.Split('.');
        if (keys.Any(string.IsNullOrWhiteSpace) || keys.Length > OptionReader.MaxDepth)
        {
            faults.Add(new OptionFault("", "expected key=value, as in plan.batch=256", $"--set {set}"));
            return null;
        }
        var source = $"--set {path}";
        var mark = new OptionMark(source, null, null);
        var text = set[(equals + 1)..];
        OptionNode? node = text.Length == 0
            ? new ScalarNode(mark, "", true)
            : OptionReader.Parse(text, source, faults, hasLines: false);
        return node is null ? null : keys.Reverse().Aggregate(node,
            (inner, key) => new MappingNode(mark, [new MappingEntry(key, mark, inner)]));
    }
}
