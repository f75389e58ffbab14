using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Figment.Cli.Screen;

/// <summary>How results and events look as JSON: camel case, enums as words, numbers that JSON lacks as text.</summary>
internal static class JsonOutput
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for terminals and scripts; nothing here goes into HTML
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static readonly JsonSerializerOptions OneLine = new(Indented) { WriteIndented = false };

    /// <summary>A result, indented.</summary>
    public static string Result(object result) => JsonSerializer.Serialize(result, result.GetType(), Indented);

    /// <summary>An event, on one line.</summary>
    public static string Event<T>(T record) => JsonSerializer.Serialize(record, OneLine);
}
