using System.Globalization;
using System.Text.Json;
using Figment.Data.Images;
using Xunit;

namespace Figment.App.Tests;

/// <summary>What can be done with a model that gives log p(x) itself.</summary>
public class DensityTests
{
    private static string Trained(Workspace workspace, string model, params string[] sets) => Train.Start(new TrainRequest
    {
        What = model,
        Data = Pictured.Folder(workspace),
        Epochs = 1,
        RunsFolder = workspace.Runs,
        Name = model,
        Sets = ["plan.batch=16", "plan.preview-interval=0", .. sets],
    }, new Events()).Run;

    private static ModelSource Source(Workspace workspace, string run) => new() { Run = run, RunsFolder = workspace.Runs };

    [Theory]
    [InlineData(null)]
    [InlineData("elbo")]
    [InlineData("log-likelihood")]
    public void An_exact_model_gives_log_p_and_says_so(string? metric)
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        var result = Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Metric = metric, Draws = 7 }, new Events());
        Assert.Equal(("log-likelihood", "exact", 0), (result.Metric, result.Protocol.Estimator, result.Protocol.Draws));
        Assert.Equal(-result.Value / (256 * Math.Log(2)), result.BitsPerDimension!.Value, 12);
        Assert.Contains("bits/dim", result.Text);
        Assert.Contains("static binarisation, exact", result.Text);
    }

    [Fact]
    public void Every_figure_is_kept_in_its_run_and_none_is_lost()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        var folder = Path.Combine(workspace.Runs, run);
        Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run) }, new Events());
        var first = File.ReadAllText(Path.Combine(folder, "evaluations.jsonl"));
        Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Split = "validation" }, new Events());
        var both = File.ReadAllText(Path.Combine(folder, "evaluations.jsonl"));
        Assert.StartsWith(first, both);
        var lines = both.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["test", "validation"], lines.Select(line => line.GetProperty("protocol").GetProperty("split").GetString()));
        Assert.All(lines, line => Assert.Matches("^[0-9a-f]{64}$", line.GetProperty("checkpointSha256").GetString()));
    }

    [Fact]
    public void The_bits_of_the_map_are_those_of_the_figure()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        var result = Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Map = true, MapImages = 4, Out = workspace.File("map.png"), Command = "a test" }, new Events());
        var texts = PictureMeta.Read(result.Map!.Path).Texts;
        Assert.Equal("a test", texts["figment.command"]);
        Assert.Equal(-result.Value / Math.Log(2), double.Parse(texts["figment.map.bits"].Split(' ')[0], CultureInfo.InvariantCulture), 0.001);
        Assert.Equal(3, Image.Read(result.Map.Path).Channels);
        // Four images and the mean, two rows: (16 * 2 + 2) pixels each and an edge of 2.
        Assert.Equal(((5 * 34) + 2, (2 * 34) + 2), (result.Map.Width, result.Map.Height));
    }

    [Fact]
    public void A_bound_has_no_map()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "vae", "model.latent=2", "model.hidden=[8]");
        var refused = Assert.Throws<FigmentException>(() => Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Map = true }, new Events()));
        Assert.Contains("vae cannot give the bits of each pixel", refused.Message);
        Assert.Null(Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run) }, new Events()).BitsPerDimension);
    }

    [Fact]
    public void Noise_is_told_apart_from_the_pictures_that_were_learned()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        var noise = workspace.File("noise");
        Directory.CreateDirectory(noise);
        var random = new Random(3);
        for (var n = 0; n < 40; n++)
        {
            var pixels = new byte[256];
            random.NextBytes(pixels);
            File.WriteAllBytes(Path.Combine(noise, $"{n}.png"), new Image(16, 16, 1, pixels).Encode(ImageFormat.Png));
        }

        var result = Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Against = noise }, new Events());
        Assert.Equal(1, result.Against!.Auroc);
        Assert.True(result.Against.Value < result.Value - 20);
        Assert.Equal(("noise", "dynamic", "exact"), (result.Against.Protocol.Data, result.Against.Protocol.Binarization, result.Against.Protocol.Estimator));
        // Against itself a model tells nothing.
        var itself = Evaluate.Run(new EvaluateRequest { Source = Source(workspace, run), Against = workspace.File("pictures") }, new Events());
        Assert.Equal(0.5, itself.Against!.Auroc, 12);
        Assert.Equal("static", itself.Against.Protocol.Binarization);
        Assert.Equal(itself.Value, itself.Against.Value, 12);
    }

    [Fact]
    public void The_gain_over_another_run_is_that_of_the_same_examples()
    {
        using var workspace = new Workspace();
        var (markov, coins) = (Trained(workspace, "markov"), Trained(workspace, "bernoulli"));
        EvaluationResult Measured(string run, string? over, string split = "test") => Evaluate.Run(new EvaluateRequest
        {
            Source = Source(workspace, run),
            Over = over is null ? null : Source(workspace, over),
            Split = split,
        }, new Events());
        var (own, other, result) = (Measured(markov, null), Measured(coins, null), Measured(markov, coins));
        var gain = result.Over!;
        Assert.Equal(("bernoulli", other.Value, other.StandardError), (gain.Name, gain.Value, gain.StandardError));
        Assert.Equal(own.Value - other.Value, gain.Gain, 1e-9);
        Assert.InRange(gain.GainStandardError, 0.01, own.StandardError + other.StandardError);
        // Scores that are the same example by example differ by nothing, without error: they are pairs.
        Assert.Equal((0, 0), (Measured(markov, markov).Over!.Gain, Measured(markov, markov).Over!.GainStandardError));

        var dynamic = Trained(workspace, "bernoulli", "data.binarize=dynamic");
        Assert.Contains("static against dynamic", Assert.Throws<FigmentException>(() => Measured(markov, dynamic)).Message);
    }

    [Theory]
    [InlineData("top", 0, 0)]
    [InlineData("left:0.25", 15, 3)]
    [InlineData("bottom", 8, 0)]
    public void Completions_keep_what_is_given(string given, int row, int column)
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        var picture = Complete.Run(new CompleteRequest { Source = Source(workspace, run), Given = given, Count = 3, Draws = 2, Scale = 1, Out = workspace.File("c.png") }, new Events());
        Assert.Equal(12, picture.Images);
        var grid = Image.Read(picture.Path);
        byte At(int imageRow, int cell) => grid.Pixels[((2 + (18 * imageRow) + row) * grid.Width) + 2 + (18 * cell) + column];
        for (var n = 0; n < 3; n++)
            Assert.All(Enumerable.Range(0, 3), cell => Assert.Equal(At(n, 3), At(n, cell)));
        Assert.Contains((byte)128, grid.Pixels.ToArray()); // what is missing is grey
        Assert.Equal(given, PictureMeta.Read(picture.Path).Texts["figment.given"]);
    }

    [Fact]
    public void A_mask_and_a_picture_of_ones_own_are_taken()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        var mask = new byte[256];
        for (var i = 0; i < 256; i++) mask[i] = i % 16 is > 4 and < 10 && i / 16 is > 4 and < 10 ? (byte)0 : (byte)255;
        File.WriteAllBytes(workspace.File("mask.png"), new Image(16, 16, 1, mask).Encode(ImageFormat.Png));
        var own = Directory.GetFiles(workspace.File("pictures/crosses"))[0];
        var request = new CompleteRequest { Source = Source(workspace, run), Mask = workspace.File("mask.png"), Files = [own], Draws = 3, Out = workspace.File("c.png") };
        Assert.Equal(5, Complete.Run(request, new Events()).Images);

        File.WriteAllBytes(workspace.File("small.png"), new Image(8, 8, 1, new byte[64]).Encode(ImageFormat.Png));
        Assert.Contains("8x8", Assert.Throws<FigmentException>(() => Complete.Run(request with { Mask = workspace.File("small.png") }, new Events())).Message);
    }

    [Fact]
    public void A_mask_that_the_order_does_not_allow_is_refused_in_the_models_words()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "nade", "model.hidden=8", "plan.steps=1", "plan.epochs=null");
        var refused = Assert.Throws<FigmentException>(() => Complete.Run(new CompleteRequest { Source = Source(workspace, run), Given = "bottom" }, new Events()));
        Assert.Contains("order", refused.Message);
        Assert.True(refused.Fault.IsUsage);
        Assert.Equal(3, Complete.Run(new CompleteRequest { Source = Source(workspace, run), Given = "top:0.9", Count = 1, Draws = 1 }, new Events()).Images);
    }

    [Theory]
    [InlineData("tpo", "did you mean 'top'")]
    [InlineData("top:1.5", "between 0 and 1")]
    [InlineData("top:half", "Give top, bottom")]
    public void A_wrong_word_for_the_mask_is_explained(string given, string words)
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "markov");
        Assert.Contains(words, Assert.Throws<FigmentException>(() => Complete.Run(new CompleteRequest { Source = Source(workspace, run), Given = given }, new Events())).Message);
    }

    [Fact]
    public void Classes_are_drawn_one_a_row_and_look_like_their_class()
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, "bernoulli", "model.classes=2");
        var picture = Pictures.Sample(new SampleRequest { Source = Source(workspace, run), Class = "all", Count = 5, Scale = 1, Out = workspace.File("s.png") }, new Events());
        Assert.Equal(10, picture.Images);
        Assert.Equal((5 * 18) + 2, picture.Width);
        var image = Image.Read(picture.Path);
        // Crosses (class 0) reach the edge of the image; squares (class 1) never do.
        double Edge(int row) => Enumerable.Range(0, 16).Average(y => (double)image.Pixels[((2 + (18 * row) + y) * image.Width) + 2 + 15]);
        Assert.True(Edge(0) > 10);
        Assert.True(Edge(1) < 10);
        Assert.Equal(4, Pictures.Sample(new SampleRequest { Source = Source(workspace, run), Class = "1", Count = 4 }, new Events()).Images);
        Assert.Contains("choose from 0 to 1, or all", Assert.Throws<FigmentException>(() =>
            Pictures.Sample(new SampleRequest { Source = Source(workspace, run), Class = "2" }, new Events())).Message, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("markov", "was trained without classes")]
    [InlineData("fvsbn", "knows no classes")]
    public void A_model_without_classes_says_so(string model, string words)
    {
        using var workspace = new Workspace();
        var run = Trained(workspace, model);
        Assert.Contains(words, Assert.Throws<FigmentException>(() => Pictures.Sample(new SampleRequest { Source = Source(workspace, run), Class = "0" }, new Events())).Message);
    }

    [Theory]
    [InlineData("bernoulli", "784")]
    [InlineData("markov", "1567")]
    public void Free_parameters_are_counted(string model, string count) => Assert.Equal(count, ModelLibrary.Show(model).FreeParameters);

    [Fact]
    public void A_colour_pixel_as_one_table_has_256_cubed_minus_one() => Assert.Equal("16777215",
        ModelLibrary.Show("joint-categorical", 3, 2, ["model.levels=256"]).FreeParameters);
}
