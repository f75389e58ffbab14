using Figment.App;

namespace Figment.Cli.Screen;

/// <summary>Progress for files and pipes: whole lines, no escape codes, at most one every few seconds.</summary>
internal sealed class PlainProgress(TextWriter writer, TimeProvider clock) : IProgressView
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private long lastShown;
    private bool hasShown;

    public void Report(WorkEvent value)
    {
        switch (value)
        {
            case StepsDone steps when steps.Step >= steps.LastStep || IsDue():
                Write(Phrases.Steps(steps));
                break;
            case Advanced part when (part.Total > 0 && part.Done >= part.Total) || IsDue():
                Write(Phrases.Advance(part));
                break;
            default:
                if (Phrases.Line(value) is { } line) writer.WriteLine(line);
                writer.Flush();
                break;
        }
    }

    public void Dispose() => writer.Flush();

    private bool IsDue() => !hasShown || clock.GetElapsedTime(lastShown) >= Pause;

    private void Write(string line)
    {
        writer.WriteLine(line);
        writer.Flush(); // a reader of the pipe waits for whole lines
        lastShown = clock.GetTimestamp();
        hasShown = true;
    }
}
