using System.Text.Json;
using Figment.Data.Images;
using Xunit;

namespace Figment.Cli.Tests;

/// <summary>What is measured of codes and single examples, as typed.</summary>
public class ProbeVerbTests
{
    [Fact]
    public void A_model_is_trained_probed_and_its_scores_told_apart()
    {
        using var folder = new TemporaryFolder();
        var (data, runs) = (Pictures(folder), Path.Combine(folder.Path, "runs"));
        CliRun Run(params string[] words) => CliRun.Process([.. words, "--runs", runs, "--progress", "none"]);
        var trained = Run("train", "ae", "--data", data, "--steps", "40", "--name", "tiny", "--set", "model.hidden=[8]",
            "--set", "model.latent=3", "--set", "plan.batch=8", "--set", "plan.preview-interval=0", "--set", "data.test=20");
        Assert.Equal("", trained.Error);

        var probed = Run("probe", "tiny", "--labels", "10");
        Assert.Equal((0, ""), (probed.ExitCode, probed.Error));
        var lines = probed.Out.Split('\n');
        Assert.Equal(["codes", "of", "numbers", "labels", "L2", "weight", "told", "right", "images"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Matches(@"tiny_s42 +3 +10 +[\d.]+ +[\d.]+ ± [\d.]+ % +pictures", lines[1]);
        Assert.StartsWith("pictures test, 20 examples, ", lines[3]);
        Assert.Contains("logistic regression of 10 labels, seed 1", lines[3]);

        var rows = JsonDocument.Parse(Run("probe", "tiny", "tiny", "--labels", "10", "--pixels", "--json").Out).RootElement.GetProperty("rows");
        Assert.Equal([3, 64, 3], rows.EnumerateArray().Select(row => row.GetProperty("dimensions").GetInt32()));
        Assert.False(rows[1].TryGetProperty("model", out _)); // pixels are no model

        var refused = Run("probe", "tiny", "--split", "train");
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("choose test or validation", refused.Error, StringComparison.OrdinalIgnoreCase);

        var scored = Run("score", "tiny", "--against", Path.Combine(data, "light"), "--limit", "10");
        Assert.Matches(@"against: reconstruction [\d.]+ ± [\d.]+ squared error an image \(light test, .*; AUROC [01]\.\d{4} ± [\d.]+ against pictures", scored.Out);
        // No program to write a video with: an empty PATH.
        var video = CliRun.Process(["interpolate", "tiny", "--runs", runs, "-o", Path.Combine(folder.Path, "walk.mp4")], ("PATH", folder.Path));
        Assert.Equal(ExitCode.Failure, video.ExitCode);
        Assert.Contains("apt install ffmpeg", video.Error);
    }

    // Sixty pictures of 8x8, dark with a light corner or light with a dark one.
    private static string Pictures(TemporaryFolder folder)
    {
        var root = Path.Combine(folder.Path, "pictures");
        foreach (var (name, ground) in new[] { ("dark", 20), ("light", 200) })
        {
            var of = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
            for (var n = 0; n < 30; n++)
                File.WriteAllBytes(Path.Combine(of, $"{n}.png"), new Image(8, 8, 1, [.. Enumerable.Range(0, 64).Select(i => (byte)(i < n ? 110 : ground))]).Encode(ImageFormat.Png));
        }

        return root;
    }
}
