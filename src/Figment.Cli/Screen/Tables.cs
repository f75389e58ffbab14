using Spectre.Console;

namespace Figment.Cli.Screen;

/// <summary>Tables and marked-up text through Spectre; without colour or terminal they come out plain.</summary>
internal static class Tables
{
    /// <summary>A console for the results stream.</summary>
    public static IAnsiConsole Console(Terminal terminal)
    {
        var ansi = terminal.OutIsLive;
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            Ansi = ansi ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = ansi && terminal.HasColour ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        // Redirected, long values are worth more than a width that nobody looks at.
        console.Profile.Width = terminal.OutIsLive ? terminal.Width() : 400;
        return console;
    }

    /// <summary>Prints rows under headings, each column as wide as it needs.</summary>
    public static void Print(Terminal terminal, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = true }.HideFooters();
        foreach (var heading in headings)
            table.AddColumn(new TableColumn($"[bold]{Markup.Escape(heading)}[/]") { Padding = new Padding(0, 0, 3, 0) });
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell)).ToArray<Spectre.Console.Rendering.IRenderable>());
        Console(terminal).Write(table);
    }
}
