using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;
using Spectre.Console;

namespace Figment.Cli.Verbs;

internal static class DoctorVerb
{
    public static Command Create(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var verb = new Verb("doctor",
            "Show what Figment found on this machine, what it chose and why, and what to mend.",
            new Example("figment doctor", "exit code 1 if something is broken"),
            new Example("figment doctor --json", "the same for scripts and bug reports")) { json };
        verb.SetAction(parsed =>
        {
            var report = Doctor.Examine();
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonOutput.Result(report));
            else Tables.Draw(terminal, console => Print(report, console));
            return report.IsHealthy ? ExitCode.Ok : ExitCode.Failure;
        });
        return verb;
    }

    private static void Print(DoctorReport report, IAnsiConsole console)
    {
        foreach (var section in report.Findings.GroupBy(finding => finding.Section))
        {
            console.MarkupLine($"[bold]{Markup.Escape(section.Key)}[/]");
            var grid = new Grid();
            grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(2, 0, 2, 0) });
            grid.AddColumn(new GridColumn { Padding = new Padding(0, 0, 2, 0) });
            foreach (var finding in section)
            {
                grid.AddRow(new Text(finding.Name), new Markup(ValueOf(finding)));
                if (finding.Why.Length > 0)
                    grid.AddRow(new Text(""), new Markup($"[dim]{Markup.Escape(finding.Why)}[/]"));
                if (finding.Cure.Length > 0)
                    grid.AddRow(new Text(""), new Markup($"[yellow]cure:[/] {Markup.Escape(finding.Cure)}"));
            }

            console.Write(grid);
            console.WriteLine();
        }

        var broken = report.Findings.Count(finding => finding.State == FindingState.Broken);
        var improvable = report.Findings.Count(finding => finding.State == FindingState.Improvable);
        console.WriteLine((broken, improvable) switch
        {
            (0, 0) => "Everything is in order.",
            (0, _) => $"Everything works; {improvable} thing(s) could be better.",
            _ => $"{broken} thing(s) are broken.",
        });
    }

    private static string ValueOf(Finding finding) => finding.State switch
    {
        FindingState.Broken => $"[red]{Markup.Escape(finding.Value)}[/]",
        FindingState.Improvable => $"[yellow]{Markup.Escape(finding.Value)}[/]",
        _ => Markup.Escape(finding.Value),
    };
}
