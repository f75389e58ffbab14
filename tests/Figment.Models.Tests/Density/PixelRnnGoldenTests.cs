using Figment.Data.Images;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>The first ten losses and all first gradients against PyTorch, where both networks are written pixel by pixel
/// (tests/golden/pixelrnn.py).</summary>
public class PixelRnnGoldenTests : EngineTest
{
    [Theory]
    [InlineData("row", 1, 4, 6, 2, 2, 2, 4)]
    [InlineData("row", 3, 3, 4, 3, 3, 1, 6)]
    [InlineData("diagonal", 1, 4, 6, 2, 2, 2, 4)]
    [InlineData("diagonal", 3, 3, 4, 3, 3, 1, 6)]
    public void First_ten_losses_and_all_gradients_are_those_of_PyTorch(
        string kind, int channels, int height, int width, int levels, int hidden, int layers, int head) => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("pixelrnn");
        var name = $"{kind}-{(channels == 1 ? "grey" : "rgb")}";
        using var rng = new Rng(0);
        using var rnn = PixelRnn.Make(kind, new ImageShape(channels, height, width), rng, hidden, layers, levels, head);
        var state = golden.Under($"{name}.parameter.");
        foreach (var (path, mask) in rnn.Module.NamedBuffers()) // masks are saved, but PyTorch's side has none
            state.Add(path, mask.Clone());
        rnn.Module.LoadStateDict(state);
        rnn.InDoublePrecision();
        using var adam = new Adam(rnn.Module, 1e-2);
        var x = golden.Get($"{name}.x").To(DType.Float64);
        var expected = golden.Doubles[$"{name}.losses"];
        for (var i = 0; i < 10; i++)
        {
            TensorScope.Run(() =>
            {
                adam.ZeroGrad();
                var loss = -rnn.Density.PixelLogProbabilities(x).Sum([-3, -2, -1]).Mean();
                loss.Backward();
                Assert.Equal(expected[i], loss.ToDouble(), 1e-9 * expected[i]);
                if (i == 0)
                    CompareGradients(golden, name, rnn.Module);
                adam.Step();
            });
        }
    });

    private static void CompareGradients(GoldenFile golden, string name, Module module)
    {
        foreach (var (path, parameter) in module.NamedParameters())
        {
            var (expected, actual) = (golden.Doubles[$"{name}.gradient.{path}"], parameter.Grad!.ToArray<double>());
            Assert.Equal(expected.Length, actual.Length);
            Assert.Contains(expected, g => g != 0);
            for (var i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(actual[i] - expected[i]) <= 1e-10, $"{name} {path}[{i}]: {actual[i]} instead of {expected[i]}");
        }
    }
}
