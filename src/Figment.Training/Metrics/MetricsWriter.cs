using System.Buffers;
using System.Text.Json;

namespace Figment.Training.Metrics;

/// <summary>Appends rows to <c>metrics.jsonl</c>, each whole and flushed, so that readers can follow.</summary>
public sealed class MetricsWriter : IDisposable
{
    private readonly Stream stream;
    private readonly ArrayBufferWriter<byte> line = new(512);

    /// <summary>Writes to the end of a seekable stream, which it then owns.</summary>
    public MetricsWriter(Stream stream) => this.stream = stream;

    /// <summary>Bytes written so far: what a checkpoint remembers.</summary>
    public long Offset => stream.Position;

    /// <summary>Appends one row.</summary>
    public void Write(MetricRow row)
    {
        line.Clear();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("kind", row.Kind);
            json.WriteNumber("step", row.Step);
            json.WriteNumber("examples", row.Examples);
            Number(json, "epoch", row.Epoch);
            json.WriteStartObject("values");
            foreach (var (name, value) in row.Values)
                Number(json, name, value);
            json.WriteEndObject();
            json.WriteStartObject("machine");
            Number(json, "seconds", Math.Round(row.Machine.Seconds, 3));
            Number(json, "examples_per_second", Math.Round(row.Machine.ExamplesPerSecond, 1));
            json.WriteNumber("live_tensors", row.Machine.LiveTensors);
            json.WriteNumber("resident_bytes", row.Machine.ResidentBytes);
            if (row.Machine.CudaPeak is { } peak)
            {
                json.WriteNumber("cuda_peak_allocated_bytes", peak.Allocated);
                json.WriteNumber("cuda_peak_reserved_bytes", peak.Reserved);
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        stream.Write(line.WrittenSpan);
        stream.Flush();
    }

    /// <summary>Cuts off everything after an offset: rows written after the checkpoint that a run resumes
    /// from.</summary>
    /// <exception cref="InvalidDataException">The file is shorter than the offset.</exception>
    public void Truncate(long offset)
    {
        if (offset < 0 || offset > stream.Length)
            throw new InvalidDataException(
                $"metrics end at byte {stream.Length}, before the {offset} bytes that the checkpoint remembers");
        stream.SetLength(offset);
        stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Returns when everything written is on the disk, where the stream is a file.</summary>
    public void Sync() => (stream as FileStream)?.Flush(flushToDisk: true);

    /// <summary>Closes the stream.</summary>
    public void Dispose() => stream.Dispose();

    // JSON has no infinities; a diverging run still deserves its last rows.
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteString(name, double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
}
