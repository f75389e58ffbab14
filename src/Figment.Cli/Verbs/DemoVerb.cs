using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class DemoVerb
{
    public static Command Create(Terminal terminal)
    {
        var folder = new Option<string>("--out", "-o")
        {
            Description = "The folder for the pictures.",
            HelpName = "folder",
            DefaultValueFactory = _ => "figment-demo",
        };
        var seed = new Option<ulong>("--seed")
        {
            Description = "Seed of everything random.",
            HelpName = "n",
            DefaultValueFactory = _ => 42,
        };
        var steps = new Option<long?>("--steps")
        {
            Description = "Shorten both trainings to this many steps.",
            HelpName = "n",
        };
        var (device, runs, mode, json) = (CommonOptions.Device(), CommonOptions.Runs(),
            CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("demo",
            "Train a variational autoencoder on MNIST and look at digits that it invented. Takes a minute or so.",
            new Example("figment demo", "begin here"),
            new Example("figment demo --seed 7 --out ./pictures",
                "another seed, another folder")) { folder, seed, steps, device, runs, mode, json };
        verb.SetAction(parsed =>
        {
            var request = new DemoRequest
            {
                Out = parsed.GetRequiredValue(folder),
                Seed = parsed.GetValue(seed),
                Steps = parsed.GetValue(steps),
                RunsFolder = parsed.GetRequiredValue(runs),
                Device = parsed.GetRequiredValue(device),
                Command = Work.CommandLine,
            };
            return Work.Stoppable(terminal, parsed, mode, json, (progress, stop) => Demo.Run(request, progress, stop),
                Print, _ => ExitCode.Ok);
        });
        return verb;
    }

    private static void Print(DemoResult demo, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine(demo.Evaluation.Text);
        foreach (var picture in demo.Pictures) output.WriteLine($"  {picture.Path}");
        output.WriteLine($"All of it took {Phrases.Time(demo.Seconds)}. Next, try:");
        foreach (var command in demo.Next) output.WriteLine($"  {command}");
    }
}
