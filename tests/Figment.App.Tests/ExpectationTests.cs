using Figment.Evaluation;
using Figment.Models;
using Xunit;

namespace Figment.App.Tests;

/// <summary>What presets promise, in words and as a rule.</summary>
public class ExpectationTests
{
    private static readonly Expectation least = new("parzen", 220, 10_000, "225");

    private static readonly Expectation most = new("category-error", 10, 0, "5 %") { Unit = "%", IsLimit = true, Seeds = 3 };

    [Fact]
    public void A_figure_reaches_a_least_and_stays_below_a_limit()
    {
        Assert.Equal((true, true, false), (least.IsKeptBy(220), least.IsKeptBy(221), least.IsKeptBy(219.9)));
        Assert.Equal((true, true, false), (most.IsKeptBy(10), most.IsKeptBy(3), most.IsKeptBy(10.1)));
    }

    [Fact]
    public void Promises_are_said_in_words()
    {
        Assert.Equal("at least 220 nats", least.Promise);
        Assert.Equal("at most 10 %, the median of 3 seeds", most.Promise);
        Assert.Equal("at least 10 nats over gaussian-patches",
            new Expectation("log-likelihood", 10, 1, "", Over: "gaussian-patches").Promise);
    }

    [Fact]
    public void A_median_names_the_figures_that_it_is_of()
    {
        var protocol = new Protocol
        {
            Data = "mnist",
            DataHash = "",
            Split = "test",
            Examples = 1,
            Binarization = "",
            Estimator = "",
            Draws = 0,
            Seed = 1,
        };
        var result = new ReproductionResult("p", "s", "category-error", 8.5, 0.25, "%", 10, true, "5 %", protocol, 43, 1, 1, "",
            new Dictionary<string, string>(), [])
        {
            IsLimit = true,
            Seeds = [new(42, 12, 0.3), new(43, 8.5, 0.25), new(44, 7.25, 0.2)],
        };
        Assert.Equal("category-error 8.50 ± 0.25 %, the median of 12.00, 8.50, 7.25", result.Figure);
        Assert.Equal("at most 10", result.Promise);
    }

    /// <summary>Half of an even number of figures would be none of them.</summary>
    [Fact]
    public void Every_promise_of_a_preset_is_of_an_odd_number_of_seeds() => Assert.All(
        Catalog.Presets.Where(preset => preset.Expectation is not null), preset => Assert.Equal(1, preset.Expectation!.Seeds % 2));
}
