using Xunit;

namespace Figment.App.Tests;

/// <summary>Grid and random search: what is trained, what is kept, what the tables say.</summary>
public class SweepTests
{
    [Fact]
    public void A_grid_is_every_combination_and_brackets_keep_their_commas()
    {
        SweepAxis[] axes = [SweepAxis.Parse("plan.batch=32,64"), SweepAxis.Parse("model.hidden=[8],[8, 4]")];
        Assert.Equal([["32", "[8]"], ["32", "[8, 4]"], ["64", "[8]"], ["64", "[8, 4]"]], SweepAxis.Grid(axes));
    }

    [Theory]
    [InlineData("plan.batch", "varies nothing")]
    [InlineData("plan.batch=", "varies nothing")]
    [InlineData("=3", "varies nothing")]
    [InlineData("plan.batch=1,,2", "empty in places")]
    [InlineData("plan.batch=1,1", "the same")]
    [InlineData("seed=5..2", "is empty")]
    public void What_cannot_be_varied_is_named(string vary, string words) =>
        Assert.Contains(words, Assert.Throws<FigmentException>(() => SweepAxis.Parse(vary)).Message);

    [Fact]
    public void A_grid_of_a_range_is_refused() => Assert.Contains("--random",
        Assert.Throws<FigmentException>(() => SweepAxis.Grid([SweepAxis.Parse("plan.batch=1..5")])).Message);

    [Fact]
    public void Random_points_repeat_with_the_seed_and_lie_evenly_in_the_logarithm()
    {
        SweepAxis[] axes = [SweepAxis.Parse("optimizer.learning-rate=1e-6..1e-2"), SweepAxis.Parse("plan.batch=8,16")];
        var points = SweepAxis.Draw(axes, 2000, 3);
        Assert.Equal(points, SweepAxis.Draw(axes, 2000, 3));
        Assert.NotEqual(points, SweepAxis.Draw(axes, 2000, 4));
        var rates = points.Select(point => double.Parse(point[0], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.All(rates, rate => Assert.InRange(rate, 1e-6, 1e-2));
        Assert.InRange(rates.Count(rate => rate < 1e-4), 900, 1100);
        Assert.InRange(points.Count(point => point[1] == "8"), 900, 1100);
    }

    [Fact]
    public void Margins_tell_what_each_value_did_and_what_diverged()
    {
        SweepAxis[] axes = [SweepAxis.Parse("a=1,2"), SweepAxis.Parse("b=x,y")];
        SweepPoint[] points = [new(["1", "x"], 1, "r", 4, 0, 0), new(["1", "y"], 1, "r", 8, 0, 0),
            new(["2", "x"], 1, "r", 5, 0, 0), new(["2", "y"], 1, "r", null, null, 0)];
        Assert.Equal([new("a", "1", 6, 4, 8, 2, 0), new("a", "2", 5, 5, 5, 2, 1), new("b", "x", 4.5, 4, 5, 2, 0),
            new("b", "y", 8, 8, 8, 2, 1)], Sweep.Margins(axes, points, lessIsBetter: true));
    }

    [Fact]
    public void Every_point_is_trained_once_and_a_larger_sweep_trains_what_is_new()
    {
        using var space = new Workspace();
        Pictured.Folder(space);
        SweepRequest Of(params string[] vary) => new()
        {
            Train = new TrainRequest
            {
                What = "vae",
                Data = space.File("pictures"),
                Steps = 3,
                Sets = ["model.hidden=[8]", "model.latent=2", "plan.batch=4"],
                RunsFolder = space.Runs,
                Name = "tried",
            },
            Vary = vary,
            Measure = new EvaluateRequest { Split = "train" },
            Out = space.File("table.md"),
            Command = "figment sweep",
        };
        var first = Sweep.Run(Of("optimizer.learning-rate=1e-4,1e-2"), new Events())!;
        Assert.Equal(2, first.Points.Count);
        Assert.Equal("elbo", first.Metric);
        Assert.False(first.LessIsBetter);
        Assert.True(first.Points[0].Value >= first.Points[1].Value);

        var events = new Events();
        var second = Sweep.Run(Of("optimizer.learning-rate=1e-4,1e-2,1e-3"), events)!;
        Assert.Equal(3, Directory.GetDirectories(space.Runs).Length);
        Assert.Equal(2, events.Told.OfType<Remark>().Count(remark => remark.Text.Contains("not trained again")));
        foreach (var point in first.Points)
            Assert.Equal(point.Value, second.Points.Single(other => other.Run == point.Run).Value);
        var table = File.ReadAllText(space.File("table.md"));
        Assert.Contains("`figment sweep`", table);
        Assert.Contains("| optimizer.learning-rate | 1e-3 |", table);

        // A fault in one point is told before anything is trained.
        Assert.ThrowsAny<Exception>(() => Sweep.Run(Of("optimizer.learning-rate=1e-5,fast"), new Events()));
        Assert.Equal(3, Directory.GetDirectories(space.Runs).Length);
    }

    [Fact]
    public void A_point_that_diverges_is_listed_and_the_others_count()
    {
        using var space = new Workspace();
        Pictured.Folder(space);
        var result = Sweep.Run(new SweepRequest
        {
            Train = new TrainRequest
            {
                What = "vae",
                Data = space.File("pictures"),
                Steps = 60,
                Sets = ["model.hidden=[8]", "model.latent=2", "plan.batch=4", "optimizer.kind=sgd"],
                RunsFolder = space.Runs,
            },
            Vary = ["optimizer.learning-rate=1e-3,1e3"],
            Measure = new EvaluateRequest { Split = "train" },
        }, new Events())!;
        Assert.Null(result.Points[^1].Value);
        Assert.NotNull(result.Points[0].Value);
        Assert.Contains("diverged", result.Markdown);
        Assert.Equal(1, result.Margins.Single(margin => margin.Value == "1e3").Diverged);
    }
}
