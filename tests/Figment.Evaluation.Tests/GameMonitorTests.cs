using Xunit;

namespace Figment.Evaluation.Tests;

/// <summary>The monitor of adversarial games speaks when something is wrong, once, and is silent when all is
/// well.</summary>
public class GameMonitorTests
{
    [Fact]
    public void A_healthy_game_is_left_alone() =>
        Assert.Empty(Play(100, i => (0.75 + (0.1 * Math.Sin(i)), 0.9, 0.3)));

    [Fact]
    public void Numbers_of_other_models_are_no_game()
    {
        var monitor = new GameMonitor();
        for (var i = 0; i < 50; i++)
            Assert.Empty(monitor.Observe(new Dictionary<string, double> { ["loss"] = 1, ["kl"] = 0 }));
    }

    [Fact]
    public void Samples_that_are_alike_are_named_once_and_again_when_it_returns()
    {
        var told = Play(90, i => (0.7, i is < 30 or >= 60 ? 0.1 : 0.9, 0.3));
        Assert.Equal(2, told.Count);
        Assert.All(told, alarm => Assert.Contains("mode collapse", alarm.Alarm, StringComparison.Ordinal));
        Assert.Equal((2 * GameMonitor.Window) - 1, told[0].Row); // not before two windows were seen
        Assert.DoesNotContain('\n', told[0].Alarm);
    }

    [Fact]
    public void A_young_generator_whose_samples_become_more_varied_is_left_alone() =>
        Assert.Empty(Play(60, i => (0.9, Math.Min(0.95, 0.02 * (i + 1)), 0.5)));

    [Fact]
    public void A_discriminator_that_is_sure_is_named() => Assert.Contains("sure of every example",
        Assert.Single(Play(40, _ => (1, 0.9, 0.68))).Alarm, StringComparison.Ordinal);

    [Fact]
    public void A_critic_is_not_held_to_a_divergence_that_its_loss_does_not_estimate()
    {
        var monitor = new GameMonitor();
        for (var i = 0; i < 50; i++)
            Assert.Empty(monitor.Observe(new Dictionary<string, double>
            {
                ["discriminator/right"] = 1,
                ["discriminator/wasserstein"] = 12,
                ["generator/diversity"] = 0.9,
            }));
    }

    [Fact]
    public void A_discriminator_that_guesses_while_samples_are_poor_is_named() => Assert.Contains("no more than chance",
        Assert.Single(Play(40, _ => (0.5, 0.6, 0.001))).Alarm, StringComparison.Ordinal);

    [Fact]
    public void Chance_at_the_end_of_a_good_game_is_what_was_wanted() => Assert.Empty(Play(40, _ => (0.5, 1, 0.001)));

    [Fact]
    public void Players_who_take_turns_at_winning_are_named()
    {
        Assert.Contains("take turns", Assert.Single(Play(60, i => (i / 4 % 2 == 0 ? 0.95 : 0.55, 0.9, 0.3))).Alarm,
            StringComparison.Ordinal);
        Assert.Empty(Play(60, i => (i < 30 ? 0.95 : 0.6, 0.9, 0.3))); // one change is none
    }

    private static List<(int Row, string Alarm)> Play(int rows,
        Func<int, (double Right, double Diversity, double Divergence)> game)
    {
        var monitor = new GameMonitor();
        return [.. Enumerable.Range(0, rows).SelectMany(i =>
        {
            var (right, diversity, divergence) = game(i);
            return monitor.Observe(new Dictionary<string, double>
            {
                ["discriminator/right"] = right,
                ["generator/diversity"] = diversity,
                ["discriminator/js-divergence"] = divergence,
            }).Select(alarm => (i, alarm));
        })];
    }
}
