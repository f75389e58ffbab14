using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

/// <summary>Shows the game of a gan-lab.</summary>
internal static class LabVerb
{
    public static Command Create(Terminal terminal)
    {
        var shared = new PictureOptions();
        var verb = new Verb("lab",
            "Show an adversarial game on points: samples over data, the discriminator beside the best one, and where "
            + "it pulls the generator.",
            new Example("figment lab gan-lab-ring", "the newest run of that name"),
            new Example("figment lab latest --checkpoint 1000 -o early.png", "how it stood after 1,000 steps"));
        shared.AddTo(verb);
        verb.SetAction(parsed => shared.Run(terminal, parsed, Lab.Run, shared.Fill(parsed, new LabRequest())));
        return verb;
    }
}
