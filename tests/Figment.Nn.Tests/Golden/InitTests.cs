using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>
/// Every initialiser against PyTorch's exact bounds and deviations, and against quantiles of PyTorch's own draws.
/// </summary>
public class InitTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("initializers");

    private static readonly Dictionary<string, Action<Tensor, Rng>> Cases = new()
    {
        ["xavier-uniform"] = (w, rng) => Init.XavierUniform(w, rng),
        ["xavier-uniform-gain"] = (w, rng) => Init.XavierUniform(w, rng, 2.5),
        ["xavier-normal"] = (w, rng) => Init.XavierNormal(w, rng),
        ["kaiming-uniform"] = (w, rng) => Init.KaimingUniform(w, rng),
        ["kaiming-uniform-leaky"] = (w, rng) => Init.KaimingUniform(w, rng, slope: 0.2),
        ["kaiming-normal"] = (w, rng) => Init.KaimingNormal(w, rng),
        ["kaiming-normal-fan-out"] = (w, rng) => Init.KaimingNormal(w, rng, Fan.Out, Nonlinearity.Relu),
        ["kaiming-normal-tanh"] = (w, rng) => Init.KaimingNormal(w, rng, nonlinearity: Nonlinearity.Tanh),
        ["conv-xavier-uniform"] = (w, rng) => Init.XavierUniform(w, rng),
        ["conv-kaiming-normal"] = (w, rng) => Init.KaimingNormal(w, rng),
        ["truncated-normal"] = (w, rng) => Init.TruncatedNormal(w, rng, 0, 0.02, -0.04, 0.04),
        ["truncated-normal-shifted"] = (w, rng) => Init.TruncatedNormal(w, rng, 0.5, 1, -1, 1),
        ["uniform"] = (w, rng) => Init.Uniform(w, rng, -0.3, 0.3),
        ["normal"] = (w, rng) => Init.Normal(w, rng, 0, 0.02),
    };

    private static readonly Dictionary<string, Func<Rng, Module>> Defaults = new()
    {
        ["linear"] = rng => new Linear(300, 200, rng),
        ["conv1d"] = rng => new Conv1d(30, 40, 7, rng),
        ["conv2d"] = rng => new Conv2d(16, 32, 5, rng, groups: 4),
        ["conv3d"] = rng => new Conv3d(8, 16, 3, rng),
        ["convtranspose2d"] = rng => new ConvTranspose2d(32, 16, 5, rng),
        ["rnn"] = rng => new Rnn(50, 60, rng),
        ["lstm"] = rng => new Lstm(50, 60, rng),
        ["gru"] = rng => new Gru(50, 60, rng),
        ["lstmcell"] = rng => new LstmCell(50, 60, rng),
    };

    public static TheoryData<string> Named => [.. Cases.Keys];

    public static TheoryData<string> Layers => [.. Defaults.Keys];

    [Theory]
    [MemberData(nameof(Named))]
    public void A_named_initialiser_agrees_with_PyTorch(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(7);
        var shape = Golden.Get($"{name}/shape").ToArray<long>();
        var w = Tensor.Empty(shape);
        Cases[name](w, rng);
        var sorted = w.ToArray<float>().Order().ToArray();
        var spread = sorted[^1] - sorted[0];
        if (Golden.Doubles.TryGetValue($"{name}/bound", out var bound))
            Assert.InRange(Math.Max(-sorted[0], sorted[^1]), 0.99 * bound[0], bound[0] * (1 + 1e-6));
        if (Golden.Doubles.TryGetValue($"{name}/std", out var deviation))
            Assert.Equal(deviation[0], w.Std([0]).ToArray<float>().Average(), 0.02 * deviation[0]);
        double[] levels = [0.01, 0.10, 0.25, 0.50, 0.75, 0.90, 0.99];
        var expected = Golden.Doubles[$"{name}/quantiles"];
        for (var i = 0; i < levels.Length; i++)
            Assert.Equal(expected[i], sorted[(int)(levels[i] * (sorted.Length - 1))], 0.01 * spread);
    });

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_starts_as_PyTorch_starts_it(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        using var module = Defaults[name](rng);
        foreach (var (path, parameter) in module.NamedParameters())
        {
            var bound = Golden.Doubles[$"default-{name}/{path}"][0];
            Assert.InRange(parameter.Abs().Max().ToDouble(), 0.8 * bound, bound * (1 + 1e-6));
            Assert.Equal(bound / Math.Sqrt(3), parameter.Std([0]).Mean().ToDouble(), 0.25 * bound);
        }
        Assert.Equal(Golden.Keys.Where(key => key.StartsWith($"default-{name}/", StringComparison.Ordinal)).Count(),
            module.NamedParameters().Count);
    });

    [Fact]
    public void An_embedding_starts_standard_normal_with_padding_of_zeros() => TensorScope.Run(() =>
    {
        using var rng = new Rng(9);
        using var embedding = new Embedding(300, 200, rng, paddingIndex: 5);
        Assert.Equal(1, embedding.Weight.Std([0]).Mean().ToDouble(), 0.02);
        Assert.All(embedding.Weight[5].ToArray<float>(), value => Assert.Equal(0, value));
    });

    [Theory]
    [InlineData(30L, 50L)]
    [InlineData(50L, 30L)]
    [InlineData(8L, 3L, 5L)]
    public void Orthogonal_means_orthonormal_times_the_gain(params long[] shape) => TensorScope.Run(() =>
    {
        using var rng = new Rng(10);
        var w = Tensor.Empty(shape);
        Init.Orthogonal(w, rng, 1.5);
        var matrix = w.Reshape(shape[0], -1);
        if (matrix.Size(0) > matrix.Size(1))
            matrix = matrix.Transpose(0, 1);
        var gram = matrix.MatMul(matrix.Transpose(0, 1));
        var distance = (gram - (Ops.Eye(matrix.Size(0)) * 2.25)).Abs().Max().ToDouble();
        Assert.InRange(distance, 0, 1e-5);
    });

    [Fact]
    public void A_seed_gives_the_same_numbers_in_any_layout() => TensorScope.Run(() =>
    {
        using Rng a = new(11), b = new(11);
        var plain = Tensor.Empty([4, 3, 2, 2]);
        var last = Tensor.Empty([4, 3, 2, 2]).Contiguous(MemoryFormat.ChannelsLast);
        Init.KaimingNormal(plain, a);
        Init.KaimingNormal(last, b);
        Assert.True(last.IsContiguous(MemoryFormat.ChannelsLast));
        Assert.Equal(plain.ToArray<float>(), last.ToArray<float>());
    });

    [Fact]
    public void Constants() => TensorScope.Run(() =>
    {
        var w = Tensor.Empty([3]);
        Init.Constant(w, 2.5);
        Assert.Equal([2.5f, 2.5f, 2.5f], w.ToArray<float>());
        Init.Ones(w);
        Assert.Equal([1f, 1f, 1f], w.ToArray<float>());
        Init.Zeros(w);
        Assert.Equal([0f, 0f, 0f], w.ToArray<float>());
    });
}
