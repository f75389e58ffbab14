using Figment.App;

namespace Figment.Cli.Screen;

/// <summary>Progress for a terminal: one line that is redrawn, with a bar; what is told once scrolls above
/// it.</summary>
internal sealed class LiveProgress(TextWriter writer, bool colour, Func<int> width, TimeProvider clock) : IProgressView
{
    private const int BarWidth = 24;
    private const string ToLineStart = "\r\x1b[2K";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private long lastDrawn;
    private bool isDrawn;
    private string pending = "";

    public void Report(WorkEvent value)
    {
        switch (value)
        {
            case StepsDone steps:
                Draw(Fraction(steps.Step, steps.LastStep), Phrases.Steps(steps), steps.Step >= steps.LastStep);
                break;
            case Advanced part:
                Draw(part.Total > 0 ? Fraction(part.Done, part.Total) : null, Phrases.Advance(part),
                    part.Total > 0 && part.Done >= part.Total);
                break;
            default:
                if (Phrases.Line(value) is not { } line) return;
                Erase();
                if (value is RunEnded) pending = ""; // its line tells the last state; the bar would tell it again
                writer.WriteLine(line);
                writer.Flush();
                break;
        }
    }

    /// <summary>Leaves the last state of the bar on a line of its own.</summary>
    public void Dispose()
    {
        if (pending.Length == 0) return;
        writer.WriteLine(ToLineStart + pending);
        writer.Flush();
        pending = "";
    }

    private static double Fraction(long done, long total) => total > 0 ? Math.Clamp((double)done / total, 0, 1) : 1;

    private void Draw(double? fraction, string text, bool isLast)
    {
        var room = Math.Max(20, width() - 1);
        var bar = fraction is { } part && room > BarWidth + 40 ? $"{Bar(part)} {part * 100,3:0} %  " : "";
        var visible = bar.Length == 0 ? 0 : BarWidth + 8;
        pending = bar + Cut(text, room - visible);
        if (isDrawn && !isLast && clock.GetElapsedTime(lastDrawn) < Pause) return;
        writer.Write(ToLineStart + pending);
        lastDrawn = clock.GetTimestamp();
        isDrawn = true;
        if (isLast)
        {
            writer.WriteLine();
            pending = "";
            isDrawn = false;
        }

        writer.Flush();
    }

    private void Erase()
    {
        if (isDrawn) writer.Write(ToLineStart);
        isDrawn = false;
    }

    private string Bar(double fraction)
    {
        var full = (int)Math.Round(fraction * BarWidth);
        var (done, rest) = (new string('━', full), new string('─', BarWidth - full));
        return colour ? $"\x1b[32m{done}\x1b[0m\x1b[2m{rest}\x1b[0m" : done + rest;
    }

    private static string Cut(string text, int room) =>
        text.Length <= room ? text : text[..Math.Max(0, room - 1)] + "…";
}
