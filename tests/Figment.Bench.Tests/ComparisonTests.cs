using Xunit;

namespace Figment.Bench.Tests;

public class ComparisonTests
{
    private static readonly Pace ThreeRounds = new(3, 0, double.MaxValue);

    [Fact]
    public void A_ratio_is_the_median_of_the_rounds_own_ratios()
    {
        // The machine slows down tenfold in the second round, for both sides.
        var (ours, theirs) = (new Queue<double>([1000, 10_000, 1000]), new Queue<double>([2000, 30_000, 4000]));
        var result = Comparison.Run(Samples.Benchmark(), [Samples.Peer(Peers.Tuned)], ThreeRounds,
            () => Samples.Side(ours.Dequeue()), _ => Samples.Side(theirs.Dequeue()), () => 400, _ => { });
        Assert.Equal(3, result.Peers[Peers.Tuned].Ratio!.Value, 1e-9);
        Assert.Equal(1, result.Ours.Figure, 1e-9); // ms
        Assert.Equal(4, result.Peers[Peers.Tuned].Figure, 1e-9);
        Assert.Equal(1, result.Peers[Peers.Tuned].MemoryRatio!.Value, 1e-9);
        Assert.Equal((3, 400.0), (result.Rounds, result.PeakGflops));
    }

    [Fact]
    public void Sides_take_turns()
    {
        var order = new List<string>();
        Side Note(string name)
        {
            order.Add(name);
            return Samples.Side(1);
        }

        Comparison.Run(Samples.Benchmark(), [Samples.Peer("b"), Samples.Peer("c")], ThreeRounds, () => Note("a"),
            p => Note(p.Name), () => 400, _ => { });
        Assert.Equal("abcabcabc", string.Concat(order));
    }

    [Theory]
    [InlineData(new[] { 1.0, 2, 3.1 })] // a later loss
    [InlineData(new[] { 1.0005, 2, 3 })] // the first one is held to a tenth of the tolerance
    [InlineData(new[] { double.NaN, 2, 3 })]
    public void Different_losses_are_refused(double[] losses)
    {
        var fault = Assert.Throws<BenchmarkException>(() => Comparison.Run(Samples.Benchmark(), [Samples.Peer("openblas")],
            ThreeRounds, () => Samples.Side(1), _ => Samples.Side(1, losses), () => 400, _ => { }));
        Assert.Contains("the losses differ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("openblas", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slow_peer_may_have_compared_fewer_steps_but_not_none()
    {
        Comparison.Agree(Samples.Benchmark(), "untuned", Samples.Side(1), Samples.Side(1, 1, 2.001));
        Assert.Throws<BenchmarkException>(() =>
            Comparison.Agree(Samples.Benchmark(), "untuned", Samples.Side(1), Samples.Side(1) with { Losses = null }));
    }
}
