using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>
/// The first ten losses and the first gradients of the three PixelCNNs against PyTorch (tests/golden/pixelcnn.py and
/// pixelcnn_pp.py).
/// </summary>
public class PixelCnnGoldenTests : EngineTest
{
    [Theory]
    [InlineData("plain-grey", 1000, 1, 2, 10, 2, 4, 8)]
    [InlineData("plain-colour", 1300, 3, 4, 6, 2, 6, 9)]
    public void PixelCNN(string name, uint seed, int channels, int levels, int side, int layers, int h, int head) => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var model = new PixelCnn(new PixelCnnOptions { Levels = levels, Layers = layers, Channels = h, Head = head, Positions = channels == 1 },
            new ImageShape(channels, side, side), rng);
        Run(GoldenFile.Open("pixelcnn"), name + ".", model, seed, 5, step =>
            model.PixelLogProbabilities(Images(seed + 200, step, 8, channels, side, levels)).Sum() / -8);
    });

    [Theory]
    [InlineData("gated-grey", 1600, 1, 2, 10, 3, 4, 8, 0)]
    [InlineData("gated-colour-classes", 1900, 3, 4, 6, 2, 6, 9, 3)]
    public void Gated_PixelCNN(string name, uint seed, int channels, int levels, int side, int layers, int p, int head, int classes) =>
        TensorScope.Run(() =>
        {
            using var rng = new Rng(0);
            using var model = new GatedPixelCnn(
                new GatedPixelCnnOptions { Levels = levels, Layers = layers, Channels = p, Head = head, Classes = classes, Positions = channels == 1 },
                new ImageShape(channels, side, side), rng);
            Run(GoldenFile.Open("pixelcnn"), name + ".", model, seed, 5, step =>
            {
                var x = Images(seed + 200, step, 8, channels, side, levels);
                return classes == 0 ? model.PixelLogProbabilities(x).Sum() / -8
                    : -model.LogLikelihoodOf(x, (Tensor.Arange(8) + step).Remainder(classes)).Mean();
            });
        });

    [Fact]
    public void PixelCNN_pp() => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var model = new PixelCnnPp(
            new PixelCnnPpOptions { Levels = 16, Channels = 6, Layers = 2, Halvings = 1, Components = 3, Dropout = 0 },
            new ImageShape(3, 8, 8), rng);
        Run(GoldenFile.Open("pixelcnn_pp"), "", model, 610, 7, step =>
            model.PixelLogProbabilities(Images(950, step, 4, 3, 8, 16)).Sum() / -4);
    });

    private static Tensor Images(uint seed, int step, int batch, int channels, int side, int levels) =>
        (GoldenNumbers.Uniform(seed + (uint)step, [batch, channels, side, side], 0, 1) * (levels - 1)).Round() / (levels - 1);

    private static void Run(GoldenFile golden, string prefix, Module model, uint seed, int every, Func<int, Tensor> loss)
    {
        Fill(model, seed, golden, prefix);
        using var adam = new Adam(model, 1e-3);
        for (var step = 0; step < 10; step++)
        {
            TensorScope.Run(() =>
            {
                adam.ZeroGrad();
                var value = loss(step);
                value.Backward();
                if (step == 0)
                    CheckGradients(golden, prefix, model, every);
                adam.Step();
                var expected = golden.Doubles[prefix + "losses"][step];
                Assert.Equal(expected, value.ToDouble(), 2e-5 * expected);
            });
        }
    }

    private static void CheckGradients(GoldenFile golden, string prefix, Module model, int every)
    {
        foreach (var (path, parameter) in model.NamedParameters())
        {
            var gradient = parameter.Grad!.Contiguous();
            var norm = golden.Doubles[$"{prefix}norm.{path}"][0];
            Assert.Equal(norm, gradient.To(DType.Float64).Norm().ToDouble(), (1e-4 * norm) + 1e-6);
            golden.AssertClose($"{prefix}grad.{path}", gradient.Flatten()[TensorIndex.Slice(step: every)], 1e-4);
        }
    }

    // Numbers are drawn for the whole kernel, of which a masked or shifted convolution keeps the part that is ever seen.
    // The scripts number parameters in the order of their use, which for the gated layers is not that of declaration.
    private static void Fill(Module model, uint seed, GoldenFile golden, string prefix)
    {
        var isWhole = prefix.Length > 0; // pixelcnn.py masks whole kernels, pixelcnn_pp.py has the small ones
        var modules = model.NamedModules().ToDictionary(m => m.Path, m => m.Module);
        foreach (var (path, parameter) in model.NamedParameters().OrderBy(p => Position(p.Path)))
        {
            var shape = parameter.Shape.ToArray();
            var owner = modules[path[..path.LastIndexOf('.')]];
            if (isWhole && shape.Length == 4 && owner is MaskedConv2d conv)
                (shape[2], shape[3]) = ((2 * conv.RowsAbove) + 1, (2 * conv.ColumnsLeft) + 1);
            if (isWhole && owner is ShiftedConv2d && shape.Length == 4)
                shape[2] = shape[3];
            var fan = shape.Length > 1 ? shape[1..].Aggregate(1.0, (product, size) => product * size) : 64;
            var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fan))));
            var values = GoldenNumbers.Uniform(seed++, shape, -bound, bound);
            if (shape.Length == 4)
                values = values.Narrow(2, 0, parameter.Size(2)).Narrow(3, 0, parameter.Size(3));
            NoGrad.Run(() => { parameter.CopyInPlace(values); });
            Assert.True(golden.Has($"{prefix}grad.{path}"), $"{path} is not in the golden file");
        }
    }

    private static (int Layer, int Part) Position(string path)
    {
        string[] order = ["link", "classes", "vertical", "position", "horizontal", "out"];
        var parts = path.Split('.');
        return parts[0] == "layers" ? (int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), Array.IndexOf(order, parts[2]))
            : (parts[0] is "hidden" or "output" ? 1000 : -1, 0);
    }
}
