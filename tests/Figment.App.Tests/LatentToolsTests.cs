using System.Globalization;
using Figment.Data.Formats;
using Figment.Data.Images;
using Xunit;

namespace Figment.App.Tests;

/// <summary>What can be done with the code of a model.</summary>
public class LatentToolsTests : IDisposable
{
    private readonly Workspace workspace = new();
    private readonly Events events = new();

    public void Dispose()
    {
        workspace.Dispose();
        GC.SuppressFinalize(this);
    }

    private ModelSource Trained(int steps = 60, params string[] sets) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = "vae",
            Data = Pictured.Folder(workspace),
            Steps = steps,
            RunsFolder = workspace.Runs,
            Sets = ["model.latent=4", "model.hidden=[32]", "plan.batch=16", "plan.preview-interval=0", .. sets],
        }, new Events()).Run,
        RunsFolder = workspace.Runs,
    };

    // One image of a grid of Pictured's, at scale 1.
    private static byte[] Cell(PictureResult picture, int row, int column) => Image.Read(picture.Path)
        .Crop(2 + (column * 18), 2 + (row * 18), Pictured.Side, Pictured.Side).Pixels.ToArray();

    [Fact]
    public void An_edit_that_changes_nothing_is_the_reconstruction_and_with_its_detail_the_original()
    {
        var source = Trained();
        var request = new EditRequest { Source = source, Images = ["1"], Changes = ["2+=0"], Steps = 2, Scale = 1 };
        var edit = Edit.Run(request, events);
        Assert.Equal(Cell(edit, 0, 1), Cell(edit, 0, 3));
        Assert.NotEqual(Cell(edit, 0, 0), Cell(edit, 0, 1));
        var kept = Edit.Run(request with { KeepDetail = true }, events);
        Assert.Equal(Cell(kept, 0, 0), Cell(kept, 0, 3));
        var changed = Edit.Run(request with { Changes = ["2+=4", "0=-3"] }, events);
        Assert.Equal(Cell(edit, 0, 1), Cell(changed, 0, 1));
        Assert.NotEqual(Cell(changed, 0, 1), Cell(changed, 0, 3));
        Assert.NotEqual(Cell(changed, 0, 2), Cell(changed, 0, 3));
    }

    [Fact]
    public void What_is_taken_away_and_added_again_leaves_the_first_set()
    {
        var request = new ArithmeticRequest { Source = Trained(), A = ["0", "3"], B = ["class:squares"], C = ["class:squares"], Shown = 1, Scale = 1 };
        var same = Arithmetic.Run(request, events);
        Assert.Equal(Cell(same, 1, 0), Cell(same, 1, 3));
        var other = Arithmetic.Run(request with { C = ["class:crosses"] }, events);
        Assert.NotEqual(Cell(other, 1, 0), Cell(other, 1, 3));
        Assert.Equal("class:crosses", other.Settings["figment.c"]);
    }

    [Fact]
    public void A_direction_leads_from_one_class_to_the_other()
    {
        var source = Trained(300);
        var learned = LearnDirection.Run(new LearnDirectionRequest { Source = source, Label = "squares", Versus = "crosses" }, events);
        Assert.True(learned.Auroc > 0.95, $"AUROC {learned.Auroc}");
        Assert.True(learned.Length > 0.1, $"length {learned.Length}");
        // From the mean code of the crosses one step along it is the mean code of the squares: the training images' own.
        var back = LearnDirection.Run(new LearnDirectionRequest { Source = source, Label = "crosses", Versus = "squares", Name = "back" }, events);
        Assert.Equal(learned.Length, back.Length, 5);
        var there = Edit.Run(new EditRequest { Source = source, Images = ["0"], Directions = ["squares:2", "back:2"], Steps = 1, Scale = 1 }, events);
        Assert.All(Cell(there, 0, 1).Zip(Cell(there, 0, 2)), pair => Assert.InRange(pair.First - pair.Second, -1, 1));
        var away = Edit.Run(new EditRequest { Source = source, Images = ["0"], Directions = ["squares:-2"], Steps = 1, Scale = 1 }, events);
        Assert.NotEqual(Cell(away, 0, 1), Cell(away, 0, 2));
    }

    [Fact]
    public void Codes_are_the_same_numbers_in_every_kind_of_file()
    {
        var request = new EncodeRequest { Source = Trained(), Split = "train", Limit = 20 };
        var (npy, npz, csv) = (workspace.File("a.npy"), workspace.File("b.npz"), workspace.File("c.csv"));
        foreach (var file in new[] { npy, npz, csv })
            Assert.Equal(new TableResult(file, 20, 4), Encode.Run(request with { Out = file }, events));
        var codes = NpyArray.Read(npy).As<float>().ToArray();
        var arrays = NpzFile.Read(npz);
        Assert.Equal(codes, arrays["codes"].As<float>().ToArray());
        var rows = File.ReadAllLines(csv).Skip(1).Select(line => line.Split(',')).ToList();
        Assert.Equal(codes, rows.SelectMany(row => row.Skip(2)).Select(z => float.Parse(z, CultureInfo.InvariantCulture)));
        Assert.Equal(arrays["labels"].As<long>().ToArray(), rows.Select(row => long.Parse(row[1], CultureInfo.InvariantCulture)));
        Assert.Equal([0L, 1L], arrays["labels"].As<long>().ToArray().Distinct().Order());
        Assert.True(codes.Distinct().Count() > 60, "codes differ");
    }

    [Fact]
    public void Scores_are_what_evaluate_measures_and_the_lowest_are_drawn_first()
    {
        var source = Trained();
        var result = Score.Run(new ScoreRequest { Source = source, Split = "train", Seed = 1, Shown = 5 }, events);
        var scores = File.ReadAllLines(result.Table.Path).Skip(1)
            .Select(line => double.Parse(line.Split(',')[2], CultureInfo.InvariantCulture)).ToList();
        var figure = Evaluate.Run(new EvaluateRequest { Source = source, Split = "train", Seed = 1 }, events);
        Assert.Equal(figure.Value, scores.Average(), 9);
        Assert.Equal(scores.Order().Take(5), result.Lowest.Select(i => scores[i]));
        // Another set's scores do not replace the model's own.
        var other = Score.Run(new ScoreRequest { Source = source, Split = "train", Data = workspace.File("pictures") }, events);
        Assert.NotEqual(result.Table.Path, other.Table.Path);
    }

    [Fact]
    public void Neighbours_are_the_nearest()
    {
        var source = Trained();
        var result = Neighbors.Run(new NeighborsRequest { Source = source, Count = 3, Nearest = 4, Scale = 1 }, events);
        Assert.Equal(15, result.Picture.Images);
        double Distance(int row, int column) => Math.Sqrt(Cell(result.Picture, row, 0).Zip(Cell(result.Picture, row, column),
            (a, b) => Math.Pow((a - b) / 255.0, 2)).Sum());
        for (var row = 0; row < 3; row++)
            for (var column = 2; column <= 4; column++)
                Assert.True(Distance(row, column) >= Distance(row, column - 1) - 0.01);
        // No other training image is nearer than the first: all 64 are asked for.
        var all = Neighbors.Run(new NeighborsRequest { Source = source, Count = 3, Nearest = 1000, Scale = 1 }, events);
        Assert.Equal(result.SampleDistance, all.SampleDistance);
        Assert.Equal(result.Picture.Settings["figment.nearest"], all.Picture.Settings["figment.nearest"]);
        double[] nearest = [.. Enumerable.Range(0, 3).Select(row => Distance(row, 1)).Order()];
        Assert.Equal(nearest[1], result.SampleDistance, 0.02);
        Assert.True(result.TestDistance > 0);
    }

    [Fact]
    public void A_way_through_many_stops_moves_or_stands_still()
    {
        var source = Trained();
        var request = new InterpolateRequest { Source = source, Through = ["0", "2", "1"], Steps = 4, Scale = 1 };
        var strip = Interpolate.Run(request with { Out = workspace.File("strip.png") }, events);
        Assert.Equal(7, strip.Images);
        var round = Interpolate.Run(request with { Way = CodeWay.Spherical, Out = workspace.File("round.png") }, events);
        foreach (var stop in new[] { 0, 3, 6 }) Assert.Equal(Cell(strip, 0, stop), Cell(round, 0, stop));
        Assert.NotEqual(Cell(strip, 0, 1), Cell(round, 0, 1));
        var moving = Interpolate.Run(request with { Out = workspace.File("tour.apng") }, events);
        // Any reader of PNG sees the first frame.
        Assert.Equal(Cell(strip, 0, 0), Cell(moving, 0, 0));
        Assert.Equal("12", PictureMeta.Read(moving.Path).Texts["figment.frames-per-second"]);
    }

    [Fact]
    public void A_plane_goes_through_any_two_numbers_of_a_code()
    {
        var source = Trained();
        var plane = Traverse.Run(new TraverseRequest { Source = source, Dimensions = [3, 1], Manifold = 3, Scale = 1 }, events);
        Assert.Equal(9, plane.Images);
        Assert.NotEqual(Cell(plane, 0, 0), Cell(plane, 2, 2));
        Assert.Contains("which plane", Assert.Throws<FigmentException>(() =>
            Traverse.Run(new TraverseRequest { Source = source, Manifold = 3 }, events)).Message);
    }

    [Fact]
    public void Codes_are_plotted_in_colours()
    {
        var plot = PlotLatent.Run(new PlotLatentRequest { Source = Trained(), Split = "train" }, events);
        Assert.StartsWith("principal component 1", plot.Settings["figment.axes"]);
        var pixels = Image.Read(plot.Path).Pixels.ToArray().Chunk(3).Select(p => (p[0], p[1], p[2])).ToHashSet();
        Assert.Contains(((byte)51, (byte)34, (byte)136), pixels);
        Assert.Contains(((byte)221, (byte)170, (byte)51), pixels);
    }

    [Theory]
    [InlineData("nothing.png", "neither a test image nor a file")]
    [InlineData("99", "has no image 99")]
    [InlineData("class:circles", "has no class 'circles'")]
    public void A_word_that_names_no_picture_is_refused(string word, string says)
    {
        var refused = Assert.Throws<FigmentException>(() =>
            Edit.Run(new EditRequest { Source = Trained(1), Images = [word], Changes = ["0=1"] }, events));
        Assert.Contains(says, refused.Message);
    }

    [Theory]
    [InlineData("9=1", "has no number 9")]
    [InlineData("x=1", "is no change of a code")]
    [InlineData("0=NaN", "is no change of a code")]
    [InlineData("0", "is no change of a code")]
    public void A_change_that_means_nothing_is_refused(string change, string says)
    {
        var refused = Assert.Throws<FigmentException>(() =>
            Edit.Run(new EditRequest { Source = Trained(1), Images = ["0"], Changes = [change] }, events));
        Assert.Contains(says, refused.Message);
    }

    [Fact]
    public void A_vector_quantised_model_learns_codes_and_their_prior_and_draws_the_class_asked_for()
    {
        var run = Train.Start(new TrainRequest
        {
            What = "vqvae",
            Data = Pictured.Folder(workspace),
            Steps = 150,
            RunsFolder = workspace.Runs,
            Sets = ["model.codes=16", "model.code-size=4", "model.channels=16", "model.blocks=1", "model.prior-layers=2",
                "model.prior-channels=16", "model.classes=2", "plan.batch=16", "plan.preview-interval=0", "plan.metric-interval=10",
                "plan.evaluation-interval=150", "optimizer.learning-rate=0.003"],
        }, events);
        var source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs };
        var steps = events.Told.OfType<StepsDone>().Select(told => told.Metrics).Where(metrics => metrics.Count > 0).ToList();
        Assert.All(steps, metrics => Assert.Equal(metrics["reconstruction"] + (0.25 * metrics["commitment"]), metrics["vqvae/loss"], 1e-3));
        var last = steps[^1];
        Assert.True(last["codes/perplexity"] > 3, $"perplexity {last["codes/perplexity"]}");
        Assert.True(last["codes/bits"] < 3.7, $"{last["codes/bits"]} bits a code, of 4 without knowledge");
        Assert.Equal(last["prior/loss"] / Math.Log(2), last["codes/bits"], 1e-4);
        Assert.Equal(4, Pictures.Sample(new SampleRequest { Source = source, Count = 2, Class = "all" }, events).Images);
        Assert.True(double.IsFinite(Evaluate.Run(new EvaluateRequest { Source = source }, events).Value));
        Assert.Contains("no draws tighten", Assert.Throws<FigmentException>(() =>
            Evaluate.Run(new EvaluateRequest { Source = source, Metric = "log-likelihood" }, events)).Message);
        Assert.Equal(4, Reconstruct().Images);
        PictureResult Reconstruct() => Pictures.Reconstruct(new ReconstructRequest { Source = source, Count = 2 }, events);
        // No normal prior: a traversal goes as far as the codes do.
        Assert.Contains("test codes", Traverse.Run(new TraverseRequest { Source = source, Rows = 1, Steps = 3 }, events).Settings["figment.range"]);
    }

    [Fact]
    public void Scores_of_a_part_carry_the_numbers_of_the_whole()
    {
        var source = Trained();
        var all = Score.Run(new ScoreRequest { Source = source, Split = "train", Metric = "reconstruction", Table = workspace.File("all.csv") }, events);
        var part = Score.Run(new ScoreRequest { Source = source, Split = "train", Metric = "reconstruction", Table = workspace.File("part.csv"), Limit = 10 }, events);
        string[][] Rows(ScoreResult result) => [.. File.ReadAllLines(result.Table.Path).Skip(1).Select(line => line.Split(','))];
        var (whole, some) = (Rows(all).ToDictionary(row => row[0]), Rows(part));
        Assert.Equal(10, some.Length);
        Assert.All(some, row => Assert.Equal((whole[row[0]][1], double.Parse(whole[row[0]][2], CultureInfo.InvariantCulture)),
            (row[1], double.Parse(row[2], CultureInfo.InvariantCulture)), (a, b) => a.Item1 == b.Item1 && Math.Abs(a.Item2 - b.Item2) < 1e-4));
        Assert.Contains(part.Lowest, number => number >= 10);
    }

    [Fact]
    public void A_training_says_how_much_its_code_tells_and_warns_when_it_tells_nothing()
    {
        List<WorkEvent> Told(string beta)
        {
            var heard = new Events();
            Train.Start(new TrainRequest
            {
                What = "vae",
                Data = Pictured.Folder(workspace),
                Steps = 150,
                RunsFolder = workspace.Runs,
                Sets = ["model.latent=4", "model.hidden=[32]", "plan.batch=16", "plan.preview-interval=0",
                    "plan.evaluation-interval=150", "data.validation=20", $"model.beta={beta}"],
            }, heard);
            return heard.Told;
        }

        var healthy = Told("1");
        var figures = healthy.OfType<Evaluated>().Last().Metrics;
        Assert.True(figures["code/active"] >= 1, $"{figures["code/active"]} active");
        Assert.True(figures["code/kl.0"] > 0 && figures.ContainsKey("code/kl.3") && !figures.ContainsKey("code/kl.4"));
        Assert.DoesNotContain(healthy, told => told is Remark { Text: var text } && text.Contains("collapse"));
        var collapsed = Told("500");
        Assert.Equal(0, collapsed.OfType<Evaluated>().Last().Metrics["code/active"]);
        Assert.Single(collapsed, told => told is Remark { Text: var text } && text.Contains("posterior collapse"));
    }

    [Fact]
    public void A_model_without_a_code_says_so()
    {
        var run = Train.Start(new TrainRequest { What = "bernoulli", Data = Pictured.Folder(workspace), Epochs = 1, RunsFolder = workspace.Runs }, new Events()).Run;
        var refused = Assert.Throws<FigmentException>(() => Encode.Run(new EncodeRequest { Source = new() { Run = run, RunsFolder = workspace.Runs } }, events));
        Assert.Contains("bernoulli cannot encode images", refused.Message);
    }

    [Fact]
    public void A_spherical_way_keeps_the_distance_from_the_middle()
    {
        float[] east = [3, 0, 0], north = [0, 3, 0];
        Assert.All(new[] { 0, 0.25, 0.5, 1 }, t =>
            Assert.Equal(3, Math.Sqrt(Interpolate.Between(east, north, t, CodeWay.Spherical).Sum(z => (double)z * z)), 5));
        Assert.Equal([(float)(3 * Math.Cos(Math.PI / 6)), 1.5f, 0], Interpolate.Between(east, north, 1 / 3.0, CodeWay.Spherical), new Near(1e-5f));
        Assert.Equal([1.5f, 1.5f, 0], Interpolate.Between(east, north, 0.5, CodeWay.Linear), new Near(1e-6f));
        // Along one line, and at the middle itself, there is no circle.
        Assert.Equal([2, 0, 0], Interpolate.Between(east, [1, 0, 0], 0.5, CodeWay.Spherical), new Near(1e-6f));
        Assert.Equal([1.5f, 0, 0], Interpolate.Between(east, new float[3], 0.5, CodeWay.Spherical), new Near(1e-6f));
    }

    [Fact]
    public void Principal_components_are_the_directions_of_the_largest_variance()
    {
        // Variances 9, 4 and 1 along three axes that are turned by 45 degrees in the first two numbers.
        var codes = new List<float[]>();
        foreach (var (a, b, c) in new[] { (3f, 0f, 0f), (-3f, 0f, 0f), (0f, 2f, 0f), (0f, -2f, 0f), (0f, 0f, 1f), (0f, 0f, -1f) })
            codes.Add([(a - b) / MathF.Sqrt(2) + 7, (a + b) / MathF.Sqrt(2), c]);
        var (points, shares) = PlotLatent.PrincipalComponents([.. codes]);
        Assert.Equal(9 / 14.0, shares[0], 6);
        Assert.Equal(4 / 14.0, shares[1], 6);
        double[] first = [3, -3, 0, 0, 0, 0], second = [0, 0, 2, -2, 0, 0];
        Assert.Equal(first, points.Select(p => p.X), (x, y) => Math.Abs(x - y) < 1e-5);
        Assert.Equal(second.Select(Math.Abs), points.Select(p => Math.Abs(p.Y)), (x, y) => Math.Abs(x - y) < 1e-5);
    }

    private sealed class Near(float tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(float value) => 0;
    }
}
