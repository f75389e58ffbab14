using Figment.Training.Events.Wire;
using Google.Protobuf;

namespace Figment.Training.Events;

/// <summary>Writes scalars and pictures as a TensorBoard event file.</summary>
public sealed class EventWriter : IDisposable
{
    private readonly Stream stream;
    private readonly TimeProvider clock;

    /// <summary>Writes to the end of a seekable stream, which it then owns; an empty one gets the file's
    /// header.</summary>
    public EventWriter(Stream stream, TimeProvider clock)
    {
        (this.stream, this.clock) = (stream, clock);
        if (stream.Length == 0)
            Write(new Event { FileVersion = "brain.Event:2" });
    }

    /// <summary>Bytes written so far: what a checkpoint remembers.</summary>
    public long Offset => stream.Position;

    /// <summary>The name of an event file for a run made at a time.</summary>
    public static string FileName(DateTimeOffset created) =>
        $"events.out.tfevents.{created.ToUnixTimeSeconds():D10}.figment";

    /// <summary>Writes scalars of one step; each name is a tag, and its part before <c>/</c> a group.</summary>
    public void Scalars(long step, IEnumerable<KeyValuePair<string, double>> values)
    {
        var summary = new Summary();
        foreach (var (tag, value) in values)
            summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });
        if (summary.Value.Count > 0)
            Write(new Event { Step = step, Summary = summary });
    }

    /// <summary>Writes a picture.</summary>
    /// <param name="png">The encoded picture.</param>
    /// <param name="channels">1 grey, 3 colour, 4 colour with alpha.</param>
    public void Picture(long step, string tag, byte[] png, int width, int height, int channels)
    {
        var picture = new Summary.Types.Image
        {
            Width = width,
            Height = height,
            Colorspace = channels,
            EncodedImageString = ByteString.CopyFrom(png),
        };
        var summary = new Summary { Value = { new Summary.Types.Value { Tag = tag, Image = picture } } };
        Write(new Event { Step = step, Summary = summary });
    }

    /// <summary>Cuts off everything after an offset, as a resumed run must.</summary>
    /// <exception cref="InvalidDataException">The file is shorter than the offset.</exception>
    public void Truncate(long offset)
    {
        if (offset < 0 || offset > stream.Length)
            throw new InvalidDataException(
                $"events end at byte {stream.Length}, before the {offset} bytes that the checkpoint remembers");
        stream.SetLength(offset);
        stream.Seek(0, SeekOrigin.End);
    }

    /// <summary>Returns when everything written is on the disk, where the stream is a file.</summary>
    public void Sync() => (stream as FileStream)?.Flush(flushToDisk: true);

    /// <summary>Closes the stream.</summary>
    public void Dispose() => stream.Dispose();

    private void Write(Event item)
    {
        item.WallTime = clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        stream.Write(TfRecord.Frame(item.ToByteArray()));
        stream.Flush();
    }
}
