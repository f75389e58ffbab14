using System.Globalization;
using System.Text;

namespace Figment.Training.Runs;

/// <summary>Appends timed lines to <c>log.txt</c>.</summary>
public sealed class RunLog(Stream stream, TimeProvider clock) : IDisposable
{
    /// <summary>Writes one line; line breaks and control characters of the message are shown, not obeyed.</summary>
    public void Write(string message)
    {
        var time = clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var line = new StringBuilder(time).Append(' ');
        foreach (var c in message)
            line.Append(c == '\n' ? " | " : char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString());
        stream.Write(Encoding.UTF8.GetBytes(line.Append('\n').ToString()));
        stream.Flush();
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => stream.Dispose();
}
