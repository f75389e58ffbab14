using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Sets;
using Figment.Models.Recognition;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Options;
using Xunit;

namespace Figment.Models.Tests.Recognition;

/// <summary>A short seeded training of the classifier, and one that must not learn.</summary>
[Trait("speed", "slow")]
public class LeNetLearningTests(ITestOutputHelper output) : EngineTest
{
    private const int Images = 10_000, Epochs = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Digits_are_told_after_some_seconds(ulong seed)
    {
        var accuracy = Trained(seed, n => n);
        output.WriteLine($"seed {seed}: {accuracy:F2} %");
        Assert.True(accuracy >= 94, $"{accuracy:F2} %");
    }

    [Fact]
    public void Labels_of_other_images_teach_nothing()
    {
        var accuracy = Trained(1, n => (n + 1) % Images);
        output.WriteLine($"{accuracy:F2} %");
        Assert.InRange(accuracy, 0, 25);
    }

    private static double Trained(ulong seed, Func<int, int> labelOf)
    {
        var mnist = Mnist();
        using var rng = new Rng(seed);
        using var net = new LeNet(new LeNetOptions { Channels = 8, Features = 64 }, mnist.Shape, rng);
        int[] chosen = ImageSubset.Spread(mnist.Train.Count, Images);
        var pixels = chosen.SelectMany(i => mnist.Train.Pixels(i).ToArray()).ToArray();
        TrainerRun.Of(new LeNetTask(net, new Adam(net, 2e-3), 1),
            new MemoryImages("part", mnist.Shape, pixels, [.. chosen.Select((_, n) => mnist.Train.Label(chosen[labelOf(n)]))]),
            new PlanOptions { Epochs = Epochs, Batch = 64, Schedule = new CosineScheduleOptions() }, seed);
        net.Eval();
        return TensorScope.Run(() => NoGrad.Run(() =>
        {
            var test = ImageSubset.Spread(mnist.Test, 5000).Pick([.. Enumerable.Range(0, 5000)]);
            return 100 * net.Logits(test.Images).ArgMax(1).Eq(test.Labels!).To(DType.Float64).Mean().ToDouble();
        }));
    }

    private static DataSplits Mnist()
    {
        try
        {
            return DataSets.Open(new DataOptions { Source = "mnist" });
        }
        catch (DataUnavailableException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }
}
