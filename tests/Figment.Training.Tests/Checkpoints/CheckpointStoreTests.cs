using Figment.Training.Checkpoints;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Checkpoints;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RunDirectory run;
    private readonly CheckpointStore store;

    public CheckpointStoreTests()
    {
        run = RunDirectory.Open(folder.FullPath);
        store = new CheckpointStore(run);
    }

    public void Dispose()
    {
        run.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_committed_checkpoint_reads_back()
    {
        var committed = Commit(store, 1000, value: -101.5);
        var read = store.Newest(out var rejected)!;
        Assert.Empty(rejected);
        Assert.Equal("checkpoints/step-00001000", read.Folder);
        Assert.Equal(committed.Hash, read.Hash);
        Assert.Equal((1000L, "elbo", -101.5), (read.Manifest.Step, read.Manifest.Metric!, read.Manifest.Value!.Value));
        Assert.Equal(
        [
            new ManifestFile("model.bin", 3, Sha("m00")),
            new ManifestFile("state.bin", 10_000, Sha(new string('s', 10_000))),
        ], read.Manifest.Files);
        using var stream = new StreamReader(read.Open("model.bin"));
        Assert.Equal("m00", stream.ReadToEnd());
        Assert.Throws<FileNotFoundException>(() => read.Open("other"));
        Assert.Equal(["MANIFEST.json", "model.bin", "state.bin"], run.List(read.Folder).Select(e => e.Name));
    }

    [Theory]
    [InlineData("model.bin", "has 4 bytes instead of 3")]
    [InlineData("state.bin", "does not have the SHA-256")]
    [InlineData("MANIFEST.json", "not readable")]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before(string file, string reason)
    {
        Commit(store, 1);
        Commit(store, 2);
        var path = folder[$"checkpoints/step-00000002/{file}"];
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, file == "model.bin" ? [.. bytes, 0] : bytes);
        Assert.Equal(1, store.Newest(out var rejected)!.Manifest.Step);
        Assert.Contains(reason, Assert.Single(rejected).Reason, StringComparison.Ordinal);
        var refusal = Assert.Throws<InvalidDataException>(() => store.Open(2));
        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        // Passing the step again replaces what does not verify.
        Commit(store, 2);
        Assert.Equal(2, store.Newest(out _)!.Manifest.Step);
    }

    [Fact]
    public void Missing_files_links_and_foreign_folders_do_not_verify()
    {
        Commit(store, 1);
        foreach (var step in (long[])[2, 3, 4])
            Commit(store, step);
        File.Delete(folder["checkpoints/step-00000002/model.bin"]);
        File.Move(folder["checkpoints/step-00000003/model.bin"], folder["elsewhere"]);
        File.CreateSymbolicLink(folder["checkpoints/step-00000003/model.bin"], folder["elsewhere"]);
        Directory.Move(folder["checkpoints/step-00000004"], folder["checkpoints/step-00000005"]);
        Directory.CreateDirectory(folder["checkpoints/step-00000006"]);
        Directory.CreateDirectory(folder["checkpoints/step-x"]);
        Assert.Equal(1, store.Newest(out var rejected)!.Manifest.Step);
        Assert.Equal(4, rejected.Count);
    }

    [Theory]
    [InlineData("../../secret")]
    [InlineData("/etc/passwd")]
    public void A_manifest_cannot_name_files_elsewhere(string name)
    {
        Commit(store, 1);
        File.WriteAllText(folder["secret"], "m00");
        var path = folder["checkpoints/step-00000001/MANIFEST.json"];
        File.WriteAllText(path, File.ReadAllText(path).Replace("model.bin", name, StringComparison.Ordinal));
        Assert.Null(store.Newest(out var rejected));
        Assert.Contains("refused", rejected[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"step\": 1, \"schema\": 2}")]
    [InlineData("{\"step\": 1, \"files\": null}")]
    [InlineData("{\"step\": 1, \"files\": [null]}")]
    [InlineData("{\"step\": 1, \"files\": [{\"name\": null}]}")]
    [InlineData("{\"step\": 1, \"step\": 1}")]
    public void A_hostile_manifest_is_a_reason_not_a_crash(string json)
    {
        Commit(store, 1);
        File.WriteAllText(folder["checkpoints/step-00000001/MANIFEST.json"], json);
        Assert.Null(store.Newest(out var rejected));
        Assert.Single(rejected);
        Assert.Null(store.Best(MetricGoal.Minimize));
    }

    [Fact]
    public void Retention_keeps_the_newest_and_the_best()
    {
        double?[] values = [null, 5, 1, 1, 3, null, 2];
        for (var step = 0; step < values.Length; step++)
            Commit(store, step, values[step]);
        Assert.Equal((2, 1.0), store.Best(MetricGoal.Minimize));
        Assert.Equal((1, 5.0), store.Best(MetricGoal.Maximize));
        store.Retain(2, MetricGoal.Minimize);
        Assert.Equal([2, 5, 6], store.Steps());
        store.Retain(1, null);
        Assert.Equal([6], store.Steps());
        Assert.Equal(["step-00000006"], run.List("checkpoints").Select(e => e.Name));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Retain(0, null));
    }

    [Fact]
    public void A_step_is_committed_once()
    {
        var first = Commit(store, 1);
        var again = store.Commit(new CheckpointManifest { Step = 1 },
            [new CheckpointFile("other", 1, _ => Assert.Fail("must not be written"))]);
        Assert.Equal(first.Hash, again.Hash);
    }

    [Fact]
    public void Too_little_space_is_told_before_anything_is_written()
    {
        Commit(store, 1);
        var error = Assert.Throws<DiskFullException>(() => store.Commit(new CheckpointManifest { Step = 2 },
            [new CheckpointFile("model.bin", 1L << 60, _ => Assert.Fail("must not be written"))]));
        Assert.Contains("The checkpoint of step 1 is kept", error.Message, StringComparison.Ordinal);
        Assert.Equal([1], store.Steps());
    }

    [Fact]
    public void A_disk_that_fills_up_meanwhile_leaves_no_trace()
    {
        Commit(store, 1);
        var error = Assert.Throws<DiskFullException>(() => store.Commit(new CheckpointManifest { Step = 2 },
        [
            new CheckpointFile("model.bin", 3, s => s.Write("abc"u8)),
            new CheckpointFile("state.bin", 3, _ =>
            {
                using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.None, 0);
                full.Write("x"u8);
            }),
        ]));
        Assert.Contains("became full", error.Message, StringComparison.Ordinal);
        Assert.Equal(["step-00000001"], run.List("checkpoints").Select(e => e.Name));
        Assert.Equal(1, store.Newest(out _)!.Manifest.Step);
    }

    [Fact]
    public void A_writer_that_fails_leaves_no_trace()
    {
        Assert.Throws<InvalidOperationException>(() => store.Commit(new CheckpointManifest { Step = 2 },
            [new CheckpointFile("model.bin", 3, _ => throw new InvalidOperationException("NaN"))]));
        Assert.Empty(run.List("checkpoints"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Killed_at_any_operation_the_newest_good_one_is_found_and_the_litter_goes(bool powerLoss)
    {
        Commit(store, 1, 9);
        Commit(store, 2, 8);
        for (var killAt = 1; ; killAt++)
        {
            Restore();
            var files = new CrashingFiles(run, killAt, powerLoss);
            var committed = false;
            try
            {
                var dying = new CheckpointStore(files);
                Commit(dying, 3, 7);
                committed = true;
                dying.Retain(2, MetricGoal.Maximize);
            }
            catch (KilledException)
            {
            }
            store.RemoveLitter();
            var newest = store.Newest(out var rejected)!;
            Assert.Empty(rejected);
            Assert.True(newest.Manifest.Step == 3 || (!committed && newest.Manifest.Step == 2), Tell(files));
            Assert.Contains(1, store.Steps());
            Assert.All(run.List("checkpoints"), e => Assert.StartsWith("step-", e.Name, StringComparison.Ordinal));
            // The run goes on: the step can be committed in the state that the crash left.
            Assert.Equal(3, Commit(store, 3, 7).Manifest.Step);
            if (files.Operations < killAt)
            {
                Assert.True(killAt > 12, $"only {killAt} operations were tried");
                return;
            }
        }
    }

    [Fact]
    public void The_order_of_operations_is_the_protocol()
    {
        var files = new CrashingFiles(run, 0);
        Commit(new CheckpointStore(files), 1);
        Assert.Equal(
        [
            "make checkpoints",
            "delete checkpoints/.tmp-step-1",
            "make checkpoints/.tmp-step-1",
            "open checkpoints/.tmp-step-1/model.bin",
            "write checkpoints/.tmp-step-1/model.bin",
            "sync checkpoints/.tmp-step-1/model.bin",
            "open checkpoints/.tmp-step-1/state.bin",
            "write checkpoints/.tmp-step-1/state.bin",
            "sync checkpoints/.tmp-step-1/state.bin",
            "open checkpoints/.tmp-step-1/MANIFEST.json",
            "write checkpoints/.tmp-step-1/MANIFEST.json",
            "sync checkpoints/.tmp-step-1/MANIFEST.json",
            "sync folder checkpoints/.tmp-step-1",
            "delete checkpoints/step-00000001",
            "rename checkpoints/.tmp-step-1 checkpoints/step-00000001",
            "sync folder checkpoints",
        ], files.Trace);
    }

    private void Restore()
    {
        foreach (var step in store.Steps().Where(s => s > 2))
            run.Delete(CheckpointStore.FolderOf(step));
        Commit(store, 1, 9);
        Commit(store, 2, 8);
    }

    private static string Tell(CrashingFiles files) => string.Join('\n', files.Trace);

    private static string Sha(string text) => Convert.ToHexStringLower(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(text)));

    private static Checkpoint Commit(CheckpointStore store, long step, double? value = null) => store.Commit(
        new CheckpointManifest { Step = step, Metric = value is null ? null : "elbo", Value = value },
        [
            new CheckpointFile("model.bin", 3, s => s.Write("m00"u8)),
            new CheckpointFile("state.bin", 10_000, s => s.Write([.. Enumerable.Repeat((byte)'s', 10_000)])),
        ]);
}
