using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Figment.Training.Options;

/// <summary>Describes a record tree as JSON Schema (draft 2020-12), for editors, for the studio's form and for
/// help.</summary>
internal sealed class OptionSchema(OptionTypes types)
{
    public JsonObject Document(string title, object defaults)
    {
        var schema = Record(defaults, null, null);
        var document = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = title,
        };
        foreach (var (key, value) in schema.ToList())
        {
            schema.Remove(key);
            document[key] = value;
        }
        return document;
    }

    private JsonObject Record(object defaults, string? key, string? id)
    {
        var properties = new JsonObject();
        if (key is not null)
            properties[key] = new JsonObject { ["const"] = id };
        foreach (var property in types.Record(defaults.GetType()).Properties)
            properties[property.Key] = Property(property, property.Get(defaults));
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        schema["additionalProperties"] = false;
        return schema;
    }

    private JsonObject Property(OptionProperty property, object? value)
    {
        var schema = Type(property.Type, value);
        foreach (var rule in property.Rules)
            Apply(rule, property.Type is ListType ? (JsonObject)schema["items"]! : schema, schema);
        if (property.Nullable)
            schema = new JsonObject { ["oneOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        if (property.Description is { } description)
            schema["description"] = description;
        if (property.Type is not (RecordType or VariantType))
            schema["default"] = Value(value);
        else if (property.Type is VariantType variant && value is not null)
            schema["default"] = new JsonObject { [variant.Family.Key] = variant.Family.IdOf(value) };
        return schema;
    }

    private JsonObject Type(OptionType type, object? value) => type switch
    {
        BoolType => new JsonObject { ["type"] = "boolean" },
        IntegerType => new JsonObject { ["type"] = "integer" },
        NumberType => new JsonObject { ["type"] = "number" },
        TextType => new JsonObject { ["type"] = "string" },
        ChoiceType choice => new JsonObject { ["enum"] = Names(choice.Values.Keys) },
        ListType list => new JsonObject
        {
            ["type"] = "array",
            ["items"] = Type(list.Element, (list.Element as RecordType)?.Default()),
        },
        RecordType record => Record(value ?? record.Default()!, null, null),
        VariantType variant => new JsonObject
        {
            ["oneOf"] = new JsonArray([.. variant.Family.Defaults
                .Select(c => Record(IsCase(value, c.Value) ? value! : c.Value, variant.Family.Key, c.Key))
                .Append(new JsonObject { ["enum"] = Names(variant.Family.Defaults.Keys) })]),
        },
        _ => throw new NotSupportedException(type.GetType().Name),
    };

    private static bool IsCase(object? value, object candidate) => value?.GetType() == candidate.GetType();

    private static void Apply(ValidationAttribute rule, JsonObject element, JsonObject whole)
    {
        switch (rule)
        {
            case RangeAttribute range:
                var (low, high) = OptionRules.Bounds(range);
                element[range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum"] = low;
                if (high < 9e18)
                    element[range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum"] = high;
                break;
            case AllowedValuesAttribute allowed:
                element["enum"] = new JsonArray([.. allowed.Values.Select(Value)]);
                break;
            case LengthAttribute length:
                Lengths(whole, length.MinimumLength, length.MaximumLength);
                break;
            case MinLengthAttribute length:
                Lengths(whole, length.Length, null);
                break;
            case MaxLengthAttribute length:
                Lengths(whole, null, length.Length);
                break;
            case RegularExpressionAttribute pattern:
                element["pattern"] = $"^(?:{pattern.Pattern})$";
                break;
        }
    }

    private static void Lengths(JsonObject schema, int? minimum, int? maximum)
    {
        var noun = (string?)schema["type"] == "array" ? "Items" : "Length";
        if (minimum is { } low)
            schema["min" + noun] = low;
        if (maximum is { } high)
            schema["max" + noun] = high;
    }

    private static JsonNode? Value(object? value) => value switch
    {
        null => null,
        bool flag => JsonValue.Create(flag),
        Enum choice => JsonValue.Create(OptionNames.Kebab(choice.ToString())),
        string text => JsonValue.Create(text),
        ulong natural => JsonValue.Create(natural),
        int or long => JsonValue.Create(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        float single => JsonValue.Create(single),
        double real => JsonValue.Create(real),
        System.Collections.IEnumerable list => List(list),
        _ => null,
    };

    private static JsonArray? List(System.Collections.IEnumerable list)
    {
        var items = list.Cast<object>().Select(Value).ToArray();
        return items.Any(i => i is null) ? null : new JsonArray(items);
    }

    private static JsonArray Names(IEnumerable<string> names) =>
        new([.. names.Select(n => (JsonNode?)JsonValue.Create(n))]);
}
