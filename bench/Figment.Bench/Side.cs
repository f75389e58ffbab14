using System.Text.Json;
using System.Text.Json.Serialization;

namespace Figment.Bench;

/// <summary>What one side of a comparison tells, as a line of JSON.</summary>
internal sealed record Side
{
    /// <summary>Of the steps from equal weights with equal noise: they must agree between the sides.</summary>
    public double[]? Losses { get; init; }

    /// <summary>Median time of a step or call.</summary>
    public double? Microseconds { get; init; }

    /// <summary>How many steps the median is of.</summary>
    public int? Steps { get; init; }

    /// <summary>Peak of memory above what the process held before.</summary>
    public long? Bytes { get; init; }

    /// <summary>Managed memory that one call allocates, beyond the tensor object.</summary>
    public double? Allocated { get; init; }

    public string Version { get; init; } = $"Figment on libtorch {Torch.LibTorch.Version}";

    private static JsonSerializerOptions Format { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static int Tell(Side side)
    {
        Console.WriteLine(JsonSerializer.Serialize(side, Format));
        return 0;
    }

    /// <summary>Null where the line is something else.</summary>
    public static Side? TryRead(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Side>(line, Format);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
