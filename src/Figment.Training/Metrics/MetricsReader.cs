using System.Text.Json;
using Figment.Torch;

namespace Figment.Training.Metrics;

/// <summary>Rows read, and where to go on.</summary>
/// <param name="Rows">Whole rows, in order.</param>
/// <param name="NextOffset">Byte after the last whole line; a reader that follows a run starts there next time.</param>
/// <param name="Skipped">Whole lines that are no rows (damaged by a crash or by hand).</param>
public sealed record MetricRows(IReadOnlyList<MetricRow> Rows, long NextOffset, int Skipped);

/// <summary>Reads <c>metrics.jsonl</c>, also while it is written: a last line without its end is left for
/// later.</summary>
public static class MetricsReader
{
    /// <summary>Longest line read, in bytes.</summary>
    public const int MaxLine = 1 << 20;

    private static readonly JsonDocumentOptions strict = new() { AllowDuplicateProperties = false, MaxDepth = 4 };

    /// <summary>Reads whole lines from a byte offset to the end.</summary>
    public static MetricRows Read(Stream stream, long offset = 0)
    {
        var rows = new List<MetricRow>();
        var (skipped, next) = (0, offset);
        stream.Seek(offset, SeekOrigin.Begin);
        var buffer = new byte[64 * 1024];
        var held = 0;
        var dropping = false;
        while (true)
        {
            if (held == buffer.Length)
            {
                // A line longer than any we write: pass over it without keeping it.
                dropping |= held >= MaxLine;
                if (dropping)
                    (next, held) = (next + held, 0);
                else
                    Array.Resize(ref buffer, buffer.Length * 2);
            }
            var read = stream.Read(buffer, held, buffer.Length - held);
            if (read == 0)
                return new MetricRows(rows, next, skipped);
            held += read;
            var start = 0;
            while (buffer.AsSpan(start, held - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                if (!dropping && Parse(buffer.AsMemory(start, length)) is { } row)
                    rows.Add(row);
                else
                    skipped++;
                dropping = false;
                start += length + 1;
                next += length + 1;
            }
            buffer.AsSpan(start, held - start).CopyTo(buffer);
            held -= start;
        }
    }

    private static MetricRow? Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var json = JsonDocument.Parse(line, strict);
            var root = json.RootElement;
            var machine = root.GetProperty("machine");
            return new MetricRow(
                root.GetProperty("kind").GetString()!,
                root.GetProperty("step").GetInt64(),
                root.GetProperty("examples").GetInt64(),
                Number(root.GetProperty("epoch")),
                root.GetProperty("values").EnumerateObject().ToDictionary(p => p.Name, p => Number(p.Value)),
                new MachineUse(
                    Number(machine.GetProperty("seconds")),
                    Number(machine.GetProperty("examples_per_second")),
                    machine.GetProperty("live_tensors").GetInt64(),
                    machine.GetProperty("resident_bytes").GetInt64(),
                    machine.TryGetProperty("cuda_peak_allocated_bytes", out var allocated)
                        ? new PeakMemory(allocated.GetInt64(),
                            machine.GetProperty("cuda_peak_reserved_bytes").GetInt64())
                        : null));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException
            or FormatException)
        {
            return null;
        }
    }

    private static double Number(JsonElement value) => value.ValueKind != JsonValueKind.String
        ? value.GetDouble()
        : value.GetString() switch
        {
            "nan" => double.NaN,
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            _ => throw new FormatException("not a number"),
        };
}
