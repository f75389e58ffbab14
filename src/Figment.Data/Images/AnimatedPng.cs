using System.Buffers.Binary;

namespace Figment.Data.Images;

/// <summary>Moving pictures as animated PNG: every browser plays them, and a program that does not know of them shows
/// the first frame.</summary>
/// <remarks>Source: the third edition of the PNG specification, section 11.3.6.</remarks>
public static class AnimatedPng
{
    /// <summary>Writes frames of one size.</summary>
    /// <param name="frames">At least one; all of one size and number of channels.</param>
    /// <param name="framesPerSecond">1 to 1000.</param>
    /// <param name="plays">How often it is played; 0 for ever.</param>
    /// <returns>The file.</returns>
    /// <exception cref="ArgumentException">There is no frame, or two differ in size.</exception>
    public static byte[] Encode(IReadOnlyList<Image> frames, int framesPerSecond, int plays = 0)
    {
        ArgumentNullException.ThrowIfNull(frames);
        ArgumentOutOfRangeException.ThrowIfLessThan(framesPerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(framesPerSecond, 1000);
        ArgumentOutOfRangeException.ThrowIfNegative(plays);
        if (frames.Count == 0)
            throw new ArgumentException("There is no frame.", nameof(frames));
        if (frames.Any(frame => frame.Shape != frames[0].Shape))
            throw new ArgumentException("The frames differ in size.", nameof(frames));
        using var target = new MemoryStream();
        target.Write(PngChunks.Signature);
        var sequence = 0;
        for (var n = 0; n < frames.Count; n++)
        {
            var png = frames[n].Encode(ImageFormat.Png);
            var chunks = PngChunks.List(png, "frame");
            if (n == 0)
            {
                var header = chunks[0];
                target.Write(png.AsSpan()[header.Start..header.End]);
                var control = new byte[8];
                BinaryPrimitives.WriteInt32BigEndian(control, frames.Count);
                BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(4), plays);
                PngChunks.Write(target, "acTL", control);
            }

            PngChunks.Write(target, "fcTL", FrameControl(sequence++, frames[n], framesPerSecond));
            foreach (var chunk in chunks.Where(chunk => chunk.Type == "IDAT"))
            {
                if (n == 0)
                    PngChunks.Write(target, "IDAT", chunk.Data(png));
                else
                {
                    var data = new byte[4 + chunk.Length];
                    BinaryPrimitives.WriteInt32BigEndian(data, sequence++);
                    chunk.Data(png).CopyTo(data.AsSpan(4));
                    PngChunks.Write(target, "fdAT", data);
                }
            }
        }

        PngChunks.Write(target, "IEND", []);
        return target.ToArray();
    }

    // Sequence number, width, height, x, y, delay as a fraction; each frame replaces the one before.
    private static byte[] FrameControl(int sequence, Image frame, int framesPerSecond)
    {
        var control = new byte[26];
        BinaryPrimitives.WriteInt32BigEndian(control, sequence);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(4), frame.Width);
        BinaryPrimitives.WriteInt32BigEndian(control.AsSpan(8), frame.Height);
        BinaryPrimitives.WriteUInt16BigEndian(control.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt16BigEndian(control.AsSpan(22), (ushort)framesPerSecond);
        return control;
    }
}
