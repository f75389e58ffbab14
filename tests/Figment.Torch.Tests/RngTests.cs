using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

public class RngTests : EngineTest
{
    [Fact]
    public void Equal_seeds_and_names_give_equal_numbers()
    {
        using Rng a = new(7), b = new(7), x = a.Stream("data"), y = b.Stream("data"), z = b.Stream("step");
        Draw(a); // a stream depends on the seed, not on how far its parent is
        using var late = a.Stream("data");
        var numbers = Draw(x);
        Assert.Equal(numbers, Draw(y));
        Assert.Equal(numbers, Draw(late));
        Assert.NotEqual(numbers, Draw(z));
        Assert.NotEqual(numbers, Draw(b));
    }

    // The seeds of streams are part of what a run's folder promises.
    [Fact]
    public void The_seed_of_a_stream_is_fixed_for_ever()
    {
        Assert.Equal(Rng.StreamSeed(42, "data"), Rng.StreamSeed(42, "data"));
        var bytes = new byte[] { 42, 0, 0, 0, 0, 0, 0, 0, (byte)'d', (byte)'a', (byte)'t', (byte)'a' };
        Assert.Equal(BitConverter.ToUInt64(System.Security.Cryptography.SHA256.HashData(bytes)),
            Rng.StreamSeed(42, "data"));
    }

    [Fact]
    public void A_thousand_streams_are_independent()
    {
        using var root = new Rng(1);
        var draws = new List<float[]>();
        for (var i = 0; i < 1000; i++)
        {
            using var stream = root.Stream($"stream {i}");
            draws.Add(TensorScope.Run(() => stream.Normal([64]).ToArray<float>()));
        }

        Assert.Equal(1000, draws.Select(d => (d[0], d[1])).Distinct().Count());
        // The correlation of neighbouring streams over 64,000 pairs: its standard deviation is 0.004.
        var products = draws.Zip(draws.Skip(1)).SelectMany(p => p.First.Zip(p.Second, (a, b) => (double)(a * b)));
        Assert.InRange(products.Average(), -0.02, 0.02);
    }

    // 5 normal numbers of Float64 leave one of a pair behind, which the state must hold as well.
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(20)]
    public void Continues_from_a_saved_state(int drawn)
    {
        using Rng rng = new(3), other = new(4);
        TensorScope.Run(() => { rng.Normal([drawn], dtype: DType.Float64); rng.Normal([drawn]); });
        var state = rng.State;
        var next = Draw(rng);
        rng.State = state;
        Assert.Equal(next, Draw(rng));
        other.State = state;
        Assert.Equal(next, Draw(other));
    }

    [Fact]
    public void A_state_that_is_none_is_refused()
    {
        using var rng = new Rng(3);
        var before = rng.State;
        Assert.Throws<TorchException>(() => rng.State = new byte[10]);
        Assert.Throws<TorchException>(() => rng.State = []);
        Assert.Throws<ArgumentNullException>(() => rng.State = null!);
        Assert.Equal(before, rng.State);
    }

    [Fact]
    public void Distributions() => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        var uniform = rng.Uniform([100_000], -1, 3);
        Assert.True(uniform.Min().ToDouble() >= -1 && uniform.Max().ToDouble() < 3);
        Assert.Equal(1, uniform.Mean().ToDouble(), 0.02);
        var p = Tensor.From([0f, 1, 0.25f, 0.25f], 4).Expand(50_000, 4);
        var mean = rng.Bernoulli(p).Mean(0).ToArray<float>();
        Assert.Equal((0f, 1f), (mean[0], mean[1]));
        Assert.Equal(0.25, mean[2], 0.02);
        var integers = rng.Integers(-2, 3, [10_000]);
        Assert.Equal([-2L, -1, 0, 1, 2], integers.Unique().Values.ToArray<long>());
        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), rng.Permutation(100).ToArray<long>().Order());
        Assert.NotEqual(rng.Permutation(100).ToArray<long>(), rng.Permutation(100).ToArray<long>());
        Assert.Equal(DType.Float64, rng.Normal([2], dtype: DType.Float64).DType);
    });

    [Fact]
    public void A_disposed_generator_draws_no_more()
    {
        var rng = new Rng(1);
        rng.Dispose();
        rng.Dispose();
        Assert.Throws<ObjectDisposedException>(() => TensorScope.Run(() => rng.Normal([1])));
        Assert.Throws<ArgumentNullException>(() => TensorScope.Run(() => Tensor.Zeros([1]).NormalInPlace(null!)));
    }

    private static float[] Draw(Rng rng) => TensorScope.Run(() =>
        (float[])[.. rng.Normal([5]).ToArray<float>(), .. rng.Uniform([3]).ToArray<float>(),
            .. rng.Normal([5], dtype: DType.Float64).To(DType.Float32).ToArray<float>()]);
}
