using System.CommandLine;
using Figment.App;

namespace Figment.Cli.Verbs;

/// <summary>The options that say which trained model is meant, and where it computes.</summary>
internal sealed class SourceOptions
{
    private readonly Argument<string> run = CommonOptions.Run();
    private readonly Option<string> checkpoint = CommonOptions.Checkpoint();
    private readonly Option<string> device = CommonOptions.Device();
    private readonly Option<string> runs = CommonOptions.Runs();

    public void AddTo(Verb verb, params ReadOnlySpan<Option> others)
    {
        verb.Arguments.Add(run);
        foreach (var option in (Option[])[checkpoint, .. others, device, runs])
            verb.Options.Add(option);
    }

    public ModelSource Of(ParseResult parsed) => new()
    {
        Run = parsed.GetRequiredValue(run),
        Checkpoint = parsed.GetRequiredValue(checkpoint),
        RunsFolder = parsed.GetRequiredValue(runs),
        Device = parsed.GetRequiredValue(device),
    };
}
