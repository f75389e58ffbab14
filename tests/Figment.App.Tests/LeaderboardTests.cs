using System.Text.Json;
using Xunit;

namespace Figment.App.Tests;

public class LeaderboardTests
{
    private static string Measured(Workspace workspace, string model, string split = "test", int limit = 0,
        params string[] sets)
    {
        var run = Train.Start(new TrainRequest
        {
            What = model,
            Data = Directory.Exists(workspace.File("pictures")) ? workspace.File("pictures") : Pictured.Folder(workspace),
            Epochs = 1,
            RunsFolder = workspace.Runs,
            Name = model,
            Sets = ["plan.batch=16", "plan.preview-interval=0", .. sets],
        }, new Events()).Run;
        Evaluate.Run(new EvaluateRequest
        {
            Source = new ModelSource { Run = run, RunsFolder = workspace.Runs },
            Split = split,
            Limit = limit,
        }, new Events());
        return run;
    }

    private static LeaderboardRequest Request(Workspace workspace) =>
        new() { Data = "pictures", RunsFolder = workspace.Runs, ResultsFolder = workspace.File("results") };

    [Fact]
    public void Figures_stand_best_first_with_their_kind_and_beside_files()
    {
        using var workspace = new Workspace();
        Measured(workspace, "bernoulli");
        var markov = Measured(workspace, "markov");
        Measured(workspace, "vae", sets: ["model.latent=2", "model.hidden=[8]"]);
        var list = Leaderboard.Run(Request(workspace), new Events());
        Assert.Equal(list.Entries.OrderByDescending(entry => entry.Nats), list.Entries);
        Assert.Contains("binarisation static", list.Protocol);
        string Kind(string name) => list.Entries.Single(entry => entry.Name == name).Kind;
        Assert.Equal(("exact", "exact", "bound (elbo, 1 draw)"), (Kind("bernoulli"), Kind("markov"), Kind("vae")));
        Assert.Equal(markov, list.Entries.Single(entry => entry.Name == "markov").Source);

        var files = list.Entries.Where(entry => entry.Kind == "file size").ToList();
        Assert.Equal(4, files.Count);
        Assert.Equal(1, files.Single(file => file.Name.StartsWith("uniform", StringComparison.Ordinal)).BitsPerDimension);
        Assert.All(files, file => Assert.Equal(file.Nats, -file.BitsPerDimension!.Value * 256 * Math.Log(2), 9));
        // A file for each picture pays for its header each time.
        Assert.True(files.Single(file => file.Name.StartsWith("PNG, a file", StringComparison.Ordinal)).Nats
            < files.Single(file => file.Name.StartsWith("PNG, the whole", StringComparison.Ordinal)).Nats);
    }

    [Fact]
    public void Weights_that_were_measured_twice_are_one_entry()
    {
        using var workspace = new Workspace();
        var run = Measured(workspace, "markov");
        Evaluate.Run(new EvaluateRequest { Source = new ModelSource { Run = run, RunsFolder = workspace.Runs } }, new Events());
        Assert.Single(Leaderboard.Run(Request(workspace) with { WithoutBaselines = true }, new Events()).Entries);
    }

    [Fact]
    public void Another_split_is_not_in_the_list()
    {
        using var workspace = new Workspace();
        Measured(workspace, "bernoulli");
        Measured(workspace, "markov", "validation");
        Assert.Equal(["bernoulli"], Leaderboard.Run(Request(workspace) with { WithoutBaselines = true }, new Events()).Entries.Select(entry => entry.Name));
        Assert.Equal(["markov"], Leaderboard.Run(Request(workspace) with { WithoutBaselines = true, Split = "validation" }, new Events()).Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Static_and_dynamic_binarisation_are_not_mixed()
    {
        using var workspace = new Workspace();
        Measured(workspace, "bernoulli");
        Measured(workspace, "markov", sets: ["data.binarize=dynamic"]);
        var refused = Assert.Throws<FigmentException>(() => Leaderboard.Run(Request(workspace), new Events()));
        Assert.Contains("not to be ranked", refused.Message);
        Assert.Contains("static", refused.Message);
        Assert.Contains("dynamic", refused.Message);
        Assert.Contains("--binarization", refused.Message);
        Assert.Equal(["markov"], Leaderboard.Run(Request(workspace) with { Binarization = "dynamic", WithoutBaselines = true }, new Events()).Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Other_images_of_the_same_name_are_not_mixed()
    {
        using var workspace = new Workspace();
        Measured(workspace, "bernoulli");
        foreach (var file in Directory.GetFiles(workspace.File("pictures/crosses"))) File.Copy(file, file.Replace(".png", "b.png", StringComparison.Ordinal));
        var run = Measured(workspace, "markov");
        Assert.Contains("--hash", Assert.Throws<FigmentException>(() => Leaderboard.Run(Request(workspace), new Events())).Message);
        var line = JsonDocument.Parse(File.ReadLines(Path.Combine(workspace.Runs, run, "evaluations.jsonl")).Single()).RootElement;
        var hash = line.GetProperty("protocol").GetProperty("dataHash").GetString()!;
        Assert.Equal(["markov"], Leaderboard.Run(Request(workspace) with { DataHash = hash[..8], WithoutBaselines = true }, new Events()).Entries.Select(entry => entry.Name));
    }

    [Fact]
    public void Some_of_the_images_are_not_ranked_with_all_but_among_themselves_beside_their_files()
    {
        using var workspace = new Workspace();
        var run = Measured(workspace, "bernoulli");
        Measured(workspace, "markov", limit: 3);
        var refused = Assert.Throws<FigmentException>(() => Leaderboard.Run(Request(workspace), new Events()));
        Assert.Contains(" 3 examples", refused.Message);
        Assert.Contains(" 8 examples", refused.Message);
        Directory.Delete(Path.Combine(workspace.Runs, run), recursive: true);
        var list = Leaderboard.Run(Request(workspace), new Events());
        Assert.Contains(" 3 examples", list.Protocol);
        Assert.Equal(4, list.Entries.Count(entry => entry.Kind == "file size"));
    }

    [Fact]
    public void Results_of_reproductions_are_read_too()
    {
        using var workspace = new Workspace();
        Directory.CreateDirectory(workspace.File("results"));
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Figment.slnx"))) root = Path.GetDirectoryName(root.TrimEnd('/'))!;
        File.Copy(Path.Combine(root, "docs/results/vae-mnist.json"), Path.Combine(workspace.File("results"), "vae-mnist.json"));
        File.WriteAllText(Path.Combine(workspace.File("results"), "other.json"), "{}");
        var entry = Assert.Single(Leaderboard.Run(Request(workspace) with { Data = "mnist", WithoutBaselines = true }, new Events()).Entries);
        Assert.Equal(("vae-mnist", "bound (elbo, 1 draw)", "vae-mnist.json"), (entry.Name, entry.Kind, entry.Source));
        Assert.Equal(-99.29, entry.Nats, 0.005);
    }

    [Fact]
    public void Nothing_measured_says_how_to_begin()
    {
        using var workspace = new Workspace();
        Assert.Contains("figment evaluate", Assert.Throws<FigmentException>(() => Leaderboard.Run(Request(workspace), new Events())).Message);
    }
}
