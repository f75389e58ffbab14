using System.Buffers.Binary;

namespace Figment.Training.Tests.Training;

/// <summary>The same trial with the real program: a VAE on pictures in an IDX file.</summary>
public sealed class CommandLineKillTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    [Trait("speed", "slow")]
    public async Task Killed_at_twenty_random_points_the_program_goes_on_to_the_same_bits()
    {
        using var trial = new KillTrial(Figment(steps: 120), seed: 3);
        var hits = await trial.Run(20, TestContext.Current.CancellationToken);
        Assert.True(hits >= 10, $"only {hits} kills hit a living process");
    }

    private TrainingProgram Figment(int steps)
    {
        // From tests/<project>/bin/<configuration>/net10.0 to the program as the solution builds it.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var program = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory,
            $"../../../../../src/Figment.Cli/bin/{configuration}/net10.0/figment"));
        if (!File.Exists(program))
            Assert.Skip($"'{program}' is not built: build src/Figment.Cli");
        var images = folder["toy-images.idx"];
        File.WriteAllBytes(images, RandomImages(700));
        return new TrainingProgram(program,
        [
            "train", "vae", "--data", images, "--runs", "{runs}", "--steps", $"{steps}", "--seed", "7", "--name", "toy",
            "--progress", "none", "--set", "plan.batch=64", "--set", "plan.checkpoint-interval=25",
            "--set", "plan.preview-interval=60", "--set", "plan.metric-interval=7",
            "--set", "plan.evaluation-interval=50", "--set", "plan.ema-decay=0.99", "--set", "model.hidden=[64]",
            "--set", "data.binarize=dynamic",
        ], ["resume", "latest", "--runs", "{runs}", "--progress", "none"]);
    }

    private static byte[] RandomImages(int count)
    {
        var bytes = new byte[16 + (count * 784)];
        new Random(4).NextBytes(bytes);
        ReadOnlySpan<int> header = [0x803, count, 28, 28];
        for (var i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), header[i]);
        return bytes;
    }
}
