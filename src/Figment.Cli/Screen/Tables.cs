using Spectre.Console;
using Spectre.Console.Rendering;

namespace Figment.Cli.Screen;

/// <summary>Tables and marked-up text through Spectre; without colour or terminal they come out plain.</summary>
internal static class Tables
{
    /// <summary>Prints what <paramref name="draw"/> draws; redirected, without colours and without blanks at line
    /// ends.</summary>
    public static void Draw(Terminal terminal, Action<IAnsiConsole> draw)
    {
        if (terminal.OutIsLive)
        {
            draw(Console(terminal.Out, terminal.HasColour, terminal.Width()));
            return;
        }

        using var text = new StringWriter();
        // Redirected, long values are worth more than a width that nobody looks at.
        draw(Console(text, colour: false, width: 400, ansi: false));
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n')) terminal.Out.WriteLine(line.TrimEnd());
    }

    /// <summary>Prints rows under headings, each column as wide as it needs.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true }.HideFooters();
        foreach (var heading in headings)
        {
            var bold = $"[bold]{Markup.Escape(heading)}[/]";
            table.AddColumn(new TableColumn(bold) { Padding = new Padding(0, 0, 3, 0) });
        }

        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)).ToArray<IRenderable>());
        Draw(terminal, console => console.Write(table));
    }

    private static IAnsiConsole Console(TextWriter writer, bool colour, int width, bool ansi = true)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = colour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = width;
        return console;
    }
}
