using Figment.App;

namespace Figment.Cli.Screen;

/// <summary>How progress is shown.</summary>
internal enum ProgressMode
{
    /// <summary>Live on a terminal, plain elsewhere.</summary>
    Auto,

    /// <summary>One line that is redrawn.</summary>
    Live,

    /// <summary>A line now and then, without escape codes.</summary>
    Plain,

    /// <summary>Every event as JSON, one a line.</summary>
    Json,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Shows the events of a use case while it works; disposing it leaves the screen tidy.</summary>
internal interface IProgressView : IProgress<WorkEvent>, IDisposable;

/// <summary>Chooses the view for a terminal.</summary>
internal static class Progress
{
    /// <param name="terminal">Where to show it.</param>
    /// <param name="mode">What the user asked for.</param>
    /// <param name="resultIsJson">Results own the output stream, so progress goes to the error stream.</param>
    public static IProgressView Create(Terminal terminal, ProgressMode mode, bool resultIsJson)
    {
        var writer = resultIsJson ? terminal.Error : terminal.Out;
        var live = resultIsJson ? terminal.ErrorIsLive : terminal.OutIsLive;
        return (mode, live) switch
        {
            (ProgressMode.None, _) => new Silence(),
            (ProgressMode.Json, _) => new JsonProgress(writer),
            (ProgressMode.Live, _) or (ProgressMode.Auto, true) =>
                new LiveProgress(writer, terminal.HasColour, terminal.Width, TimeProvider.System),
            _ => new PlainProgress(writer, TimeProvider.System),
        };
    }

    private sealed class Silence : IProgressView
    {
        public void Report(WorkEvent value) { }

        public void Dispose() { }
    }

    private sealed class JsonProgress(TextWriter writer) : IProgressView
    {
        public void Report(WorkEvent value)
        {
            writer.WriteLine(JsonOutput.Event(value));
            writer.Flush();
        }

        public void Dispose() { }
    }
}
