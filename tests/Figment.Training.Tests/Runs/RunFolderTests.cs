using System.Text.Json;
using Figment.Training.Events;
using Figment.Training.Metrics;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly FixedClock clock = new();

    private static RunStart Start { get; } = new("vae-mnist", 42, "seed: 42\n", new RunEnvironment(
        new Dictionary<string, string> { ["threads"] = "2", ["core"] = "SkylakeX" },
        new Dictionary<string, string> { ["host"] = "box" }), "0.1.0");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_new_run_has_exactly_the_files_of_the_design()
    {
        using (var run = Create())
        {
            run.SaveSample(RunFolder.SampleName(1000), [1, 2]);
            run.WriteCard(new ModelCard { Title = "VAE", Run = run.Record.Id });
        }
        var path = folder["2026-11-21T10-12-03_vae-mnist_s42"];
        var files = Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(path, f)).Order(StringComparer.Ordinal);
        Assert.Equal(
        [
            "README.md", "config.yaml", "environment.json", "events.out.tfevents.1795255923.figment", "log.txt",
            "metrics.jsonl", "run.json", "run.lock", "samples", "samples/step-00001000.png",
        ], files);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "run.json")));
        Assert.Equal(1, json.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal("2026-11-21T10-12-03_vae-mnist_s42", json.RootElement.GetProperty("id").GetString());
        Assert.Equal("Running", json.RootElement.GetProperty("status").GetString());
        Assert.Equal(Environment.ProcessId,
            json.RootElement.GetProperty("writer").GetProperty("process_id").GetInt32());
        Assert.Equal("seed: 42\n", File.ReadAllText(Path.Combine(path, "config.yaml")));
    }

    [Fact]
    public void Runs_of_one_second_get_names_of_their_own()
    {
        using var first = Create();
        using var second = Create();
        using var third = Create();
        Assert.Equal("2026-11-21T10-12-03_vae-mnist_s42-2", second.Record.Id);
        Assert.Equal("2026-11-21T10-12-03_vae-mnist_s42-3", third.Record.Id);
    }

    [Fact]
    public void A_run_whose_making_was_killed_is_not_seen_and_goes_with_the_next()
    {
        var draft = folder[".tmp-2026-11-21T09-00-00_vae_s1"];
        Directory.CreateDirectory(draft);
        File.WriteAllText(Path.Combine(draft, RunLock.FileName), "{ torn");
        Assert.Empty(new RunCatalog(folder.FullPath).Ids());
        Create().Dispose();
        Assert.False(Directory.Exists(draft));
    }

    [Theory]
    [InlineData("VAE MNIST", "vae-mnist")]
    [InlineData("../../etc", "etc")]
    [InlineData("", "run")]
    [InlineData("ä/ö", "run")]
    [InlineData("v1.5", "v1.5")]
    public void Names_become_plain(string name, string plain)
    {
        var id = RunId.Make(clock.Now, name, 7);
        Assert.Equal($"2026-11-21T10-12-03_{plain}_s7", id);
        Assert.True(RunId.IsValid(id));
    }

    [Theory]
    [InlineData("..")]
    [InlineData("2026-11-21T10-12-03_vae_s42/..")]
    [InlineData("2026-11-21T10-12-03_vae_s42\n")]
    [InlineData("2026-11-21T10-12-03__s42")]
    public void Other_text_is_no_id(string text)
    {
        Assert.False(RunId.IsValid(text));
        Assert.Throws<RunNotFoundException>(() => new RunCatalog(folder.FullPath).Open(text));
    }

    [Fact]
    public void A_reader_tells_the_state_as_it_is_now()
    {
        var catalog = new RunCatalog(folder.FullPath);
        string id;
        using (var run = Create())
        {
            id = run.Record.Id;
            run.Update(r => r with { Step = 5 });
            using var live = catalog.Open(id);
            Assert.Equal((RunStatus.Running, 5L), (live.Record.Status, live.Record.Step));
        }
        using (var dead = catalog.Open(id))
            Assert.Equal(RunStatus.Interrupted, dead.Record.Status);
        using (var run = RunFolder.Reopen(folder.FullPath, id, clock))
            run.Update(r => r with { Status = RunStatus.Finished, Reason = "10 epochs" });
        using var done = catalog.Open(id);
        Assert.Equal((RunStatus.Finished, "10 epochs"), (done.Record.Status, done.Record.Reason));
        Assert.Equal("seed: 42\n", done.ReadConfig());
        Assert.Equal("2", done.ReadEnvironment().Exact["threads"]);
    }

    [Fact]
    public void One_writer_a_run()
    {
        using var run = Create();
        Assert.Throws<RunBusyException>(() => RunFolder.Reopen(folder.FullPath, run.Record.Id, clock));
    }

    [Fact]
    public void Reopening_appends_truncates_and_removes_litter()
    {
        string id;
        long metrics, events;
        using (var run = Create())
        {
            id = run.Record.Id;
            run.Metrics.Write(Row(1));
            run.Events.Scalars(1, Row(1).Values);
            (metrics, events) = (run.Metrics.Offset, run.Events.Offset);
            run.Metrics.Write(Row(2));
            run.Events.Scalars(2, Row(2).Values);
            run.SaveSample(RunFolder.SampleName(1), [1]);
            run.SaveSample(RunFolder.SampleName(2, "manifold"), [1]);
            File.WriteAllText(Path.Combine(run.FullPath, ".tmp-run.json"), "torn");
            File.WriteAllText(Path.Combine(run.FullPath, "samples", ".tmp-step-00000003.png"), "torn");
            Directory.CreateDirectory(Path.Combine(run.FullPath, "checkpoints", ".tmp-step-3"));
        }
        using (var run = RunFolder.Reopen(folder.FullPath, id, clock))
        {
            Assert.Empty(Directory.EnumerateFileSystemEntries(run.FullPath, ".tmp-*", SearchOption.AllDirectories));
            run.Metrics.Truncate(metrics);
            run.Events.Truncate(events);
            run.RemoveSamplesAfter(1);
            run.Metrics.Write(Row(3));
            Assert.Throws<InvalidDataException>(() => run.Metrics.Truncate(1 << 20));
            Assert.Throws<InvalidDataException>(() => run.Events.Truncate(1 << 20));
        }
        using var view = new RunCatalog(folder.FullPath).Open(id);
        Assert.Equal([1, 3], view.ReadMetrics().Rows.Select(r => r.Step));
        Assert.Equal(["step-00000001.png"], view.Samples());
        using var file = view.Files.Open(EventWriter.FileName(clock.Now), RunFileMode.Read);
        Assert.Equal(events, file.Length);
    }

    [Fact]
    public void Runs_are_found_by_id_beginning_name_and_latest()
    {
        var catalog = new RunCatalog(folder.FullPath);
        Assert.Empty(catalog.Ids());
        Assert.Throws<RunNotFoundException>(() => catalog.Find("latest"));
        Create().Dispose();
        clock.Now += TimeSpan.FromHours(1);
        using (RunFolder.Create(folder.FullPath, Start with { Name = "conv-vae" }, clock))
            Directory.CreateDirectory(folder["not-a-run"]);
        Assert.Equal(["2026-11-21T11-12-03_conv-vae_s42", "2026-11-21T10-12-03_vae-mnist_s42"], catalog.Ids());
        Assert.Equal("2026-11-21T11-12-03_conv-vae_s42", catalog.Find("latest"));
        Assert.Equal("2026-11-21T10-12-03_vae-mnist_s42", catalog.Find("2026-11-21T10"));
        Assert.Equal("2026-11-21T10-12-03_vae-mnist_s42", catalog.Find("vae-mnist"));
        Assert.Contains("fits 2 runs", Assert.Throws<RunNotFoundException>(() => catalog.Find("2026")).Message,
            StringComparison.Ordinal);
        Assert.EndsWith("did you mean 'vae-mnist'?",
            Assert.Throws<RunNotFoundException>(() => catalog.Find("vae-mnits")).Message, StringComparison.Ordinal);
        Assert.Throws<RunNotFoundException>(() => catalog.Find("../not-a-run"));
    }

    [Fact]
    public void Damaged_and_newer_records_are_told_and_passed_over_in_lists()
    {
        using (Create())
        {
        }
        var path = folder["2026-11-21T10-12-03_vae-mnist_s42/run.json"];
        var catalog = new RunCatalog(folder.FullPath);
        var text = File.ReadAllText(path);
        foreach (var bad in (string[])["", "{", "null", "[]", text.Replace("\"schema\": 1", "\"schema\": 2"),
            text.Replace("\"seed\": 42", "\"seed\": 42, \"seed\": 43"), new string('[', 1000)])
        {
            File.WriteAllText(path, bad);
            Assert.Throws<InvalidDataException>(() => catalog.Open("2026-11-21T10-12-03_vae-mnist_s42"));
            Assert.Empty(catalog.Runs());
        }
        File.WriteAllText(path, text);
        Assert.Single(catalog.Runs());
    }

    [Fact]
    public void A_run_folder_that_is_a_link_is_not_opened()
    {
        using (Create())
        {
        }
        var catalog = new RunCatalog(folder["elsewhere"]);
        Directory.CreateDirectory(folder["elsewhere"]);
        Directory.CreateSymbolicLink(folder["elsewhere/2026-11-21T10-12-03_vae-mnist_s42"],
            folder["2026-11-21T10-12-03_vae-mnist_s42"]);
        Assert.Empty(catalog.Ids());
        Assert.Throws<RunNotFoundException>(() => catalog.Open("2026-11-21T10-12-03_vae-mnist_s42"));
    }

    [Fact]
    public void Differences_between_environments_are_told()
    {
        var now = new RunEnvironment(new Dictionary<string, string> { ["threads"] = "4", ["layout"] = "nchw" },
            new Dictionary<string, string> { ["host"] = "other" });
        Assert.Equal(
        [
            "core was SkylakeX and is now unknown", "layout was unknown and is now nchw", "threads was 2 and is now 4",
        ], Start.Environment.DifferencesTo(now));
        Assert.Empty(now.DifferencesTo(now));
        Start.Environment.RequireEqual(now, allowInexact: true);
        var refusal = Assert.Throws<InexactResumeException>(() => Start.Environment.RequireEqual(now, false));
        Assert.Equal(3, refusal.Differences.Count);
    }

    [Fact]
    public void The_log_shows_control_characters()
    {
        using var stream = new MemoryStream();
        using (var log = new RunLog(stream, clock))
            log.Write("a\nb\u001b[31m");
        Assert.Equal("2026-11-21T10:12:03.000Z a | b\\u001b[31m\n",
            System.Text.Encoding.UTF8.GetString(stream.ToArray()));
    }

    [Fact]
    public void The_card_is_markdown_that_hostile_names_cannot_break()
    {
        var card = new ModelCard
        {
            Title = "VAE <script>",
            Run = "r`1",
            Paper = "Kingma & Welling",
            PaperLink = "https://arxiv.org/abs/1312.6114",
            Facts = [new("steps|", "10\n20")],
            Results = [new("ELBO", "-101 nats")],
            Data = "MNIST [x](javascript:1)",
            Commands = ["figment sample latest"],
        };
        Assert.Equal("""
            # VAE &lt;script&gt;

            Run `r'1`.

            Paper: Kingma &amp; Welling, <https://arxiv.org/abs/1312.6114>

            ## Training

            | | |
            |---|---|
            | steps\| | 10 20 |

            ## Results

            | | |
            |---|---|
            | ELBO | -101 nats |

            ## Data

            MNIST \[x\](javascript:1)

            ## Use

            ```bash
            figment sample latest
            ```

            """, card.ToMarkdown());
    }

    private RunFolder Create() => RunFolder.Create(folder.FullPath, Start, clock);

    private static MetricRow Row(long step) =>
        new("train", step, step * 10, 0.5, new Dictionary<string, double> { ["loss"] = step }, default);
}
