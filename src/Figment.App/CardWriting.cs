using System.Globalization;
using Figment.Training;
using Figment.Training.Runs;
using RunCard = Figment.Training.Runs.ModelCard;

namespace Figment.App;

/// <summary>Writes a run's README: what was trained, on what, how it went, how to use it.</summary>
internal static class CardWriting
{
    public static RunCard Describe(RunSession session, RunFolder run, TrainingResult result)
    {
        var (card, data, options) = (session.Configuration.Card, session.Data, session.Configuration.Options);
        var id = run.Record.Id;
        List<string> commands = [$"figment runs show {id}"];
        if (card.DrawsSamples) commands.Add($"figment sample {id}");
        if (card.DecodesCodes)
            commands.AddRange([$"figment reconstruct {id}", $"figment interpolate {id}", $"figment traverse {id}"]);
        if (card.CompletesImages) commands.Add($"figment complete {id}");
        if (card.ScoresExamples || card.EncodesImages || card.RecognizesClasses) commands.Add($"figment evaluate {id}");
        if (card.SortsImages) commands.Add($"figment evaluate {id} --metric category-error");
        if (result.Reason == StopReason.Cancelled) commands.Insert(0, $"figment resume {id}");
        return new RunCard
        {
            Title = card.Title,
            Run = id,
            Paper = card.Paper,
            PaperLink = card.Link.ToString(),
            Summary = card.Summary,
            Facts =
            [
                new("parameters", Count(session.Module.ParameterCount)),
                new("images", $"{Count(data.Train.Count)} of {data.Shape}, binarisation {data.BinarizationName}"),
                new("steps", $"{Count(result.Step)} of {Count(session.TotalSteps)}, batch {options.Plan.Batch}"),
                new("time in steps", $"{result.Seconds.ToString("0.0", CultureInfo.InvariantCulture)} s"),
                new("seed", options.Seed.ToString(CultureInfo.InvariantCulture)),
                new("ended", result.Message),
            ],
            Data = $"{data.Name}. {data.Rule}.{(data.ResearchOnly ? " Research use only: so is this model." : "")}",
            Results = [.. result.Values.Select(value =>
                KeyValuePair.Create($"{value.Key}, mean over the last training steps",
                value.Value.ToString("G6", CultureInfo.InvariantCulture)))],
            Commands = commands,
            Limits = "It knows nothing but its training images, and shows what they show, their biases included.",
        };
    }

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
