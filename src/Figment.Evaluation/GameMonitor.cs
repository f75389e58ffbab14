using System.Globalization;

namespace Figment.Evaluation;

/// <summary>Reads the metrics of an adversarial game as it is played and says in plain words when it goes wrong. Its
/// limits are rules of thumb, stated here; each alarm is raised once, and again only after it had passed.</summary>
public sealed class GameMonitor
{
    /// <summary>Rows of metrics over which a mean is taken; nothing is said of the first ones.</summary>
    public const int Window = 10;

    /// <summary>Variance of samples over that of data below which samples are called alike.</summary>
    public const double LeastDiversity = 0.4;

    /// <summary>What diversity must be multiplied by from window to window to count as growing.</summary>
    public const double Growth = 1.1;

    /// <summary>Share of log 2, the largest Jensen-Shannon divergence, from which the discriminator is called
    /// sure.</summary>
    public const double SureShare = 0.95;

    /// <summary>Swings of <c>discriminator/right</c> by <see cref="Swing"/> within two windows that are called an
    /// oscillation.</summary>
    public const int Swings = 4;

    /// <summary>The least size of a swing.</summary>
    public const double Swing = 0.3;

    private readonly Dictionary<string, Queue<double>> recent = [];
    private readonly HashSet<string> raised = [];

    /// <summary>Takes a row of metrics.</summary>
    /// <param name="row">Means over an interval of steps, by name: those that adversarial training logs.</param>
    /// <returns>Alarms that begin with this row; empty for a game that goes well, and for what is no game.</returns>
    public IReadOnlyList<string> Observe(IReadOnlyDictionary<string, double> row)
    {
        ArgumentNullException.ThrowIfNull(row);
        List<string> alarms = [];
        var varied = Mean(row, "generator/diversity");
        // A young generator's samples are alike, too, but less so from window to window.
        if (varied is { } diversity && Before("generator/diversity") is { } before)
            Judge("alike", diversity < LeastDiversity && diversity < Growth * before, alarms, $"""
                samples are nearly alike: their variance is {diversity:0.##} of the data's (mode collapse). Try a
                gradient penalty or R1 (model.game.restraint.kind), a slower generator (model.game.discriminator-rate
                above 1), more steps of the discriminator, or another loss
                """);
        if (Mean(row, "discriminator/js-divergence") is { } divergence)
            Judge("sure", divergence > SureShare * Math.Log(2), alarms, $"""
                the discriminator is sure of every example: its estimate of the divergence is {divergence:0.###} of at
                most {Math.Log(2):0.###} nats, and the generator learns little. Try a slower discriminator
                (model.game.discriminator-rate below 1), R1 (model.game.restraint.kind=r1), or augmentation
                (model.game.augmentation.kind=adaptive)
                """);
        if (Mean(row, "discriminator/right") is not { } right) return alarms;
        Judge("blind", right < 0.52 && varied is < 0.8, alarms, $"""
            the discriminator tells {right:0.###} of the pairs right, no more than chance, and samples are less varied
            than the data: it is too weak or learns nothing. Try a faster discriminator (model.game.discriminator-rate
            above 1) or a larger one
            """);
        Judge("oscillates", Turns(recent["discriminator/right"]) >= Swings, alarms, $"""
            the players take turns at winning: how often the discriminator is right has swung by {Swing:0.#} and more
            {Swings} times lately. Try lower learning rates, optimizer.beta1=0, averaged weights
            (plan.ema-decay=0.999), or a gradient penalty
            """);
        return alarms;
    }

    private double? Mean(IReadOnlyDictionary<string, double> row, string name)
    {
        if (!row.TryGetValue(name, out var value)) return null;
        if (!recent.TryGetValue(name, out var values)) recent[name] = values = new();
        values.Enqueue(value);
        if (values.Count > 2 * Window) values.Dequeue();
        return values.Count < Window ? null : values.TakeLast(Window).Average();
    }

    // The mean of the window before the last one.
    private double? Before(string name) =>
        recent[name] is { Count: 2 * Window } values ? values.Take(Window).Average() : null;

    private void Judge(string name, bool wrong, List<string> alarms, FormattableString words)
    {
        if (!wrong) raised.Remove(name);
        else if (raised.Add(name)) alarms.Add(words.ToString(CultureInfo.InvariantCulture).Replace('\n', ' '));
    }

    // Counts the turns of a zigzag whose legs are at least a swing long.
    private static int Turns(IEnumerable<double> values)
    {
        var (turns, low, high, rising) = (0, double.PositiveInfinity, double.NegativeInfinity, (bool?)null);
        foreach (var value in values)
        {
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
            if (rising != true && value - low >= Swing) (turns, high, rising) = (turns + 1, value, true);
            else if (rising != false && high - value >= Swing) (turns, low, rising) = (turns + 1, value, false);
        }

        return turns;
    }
}
