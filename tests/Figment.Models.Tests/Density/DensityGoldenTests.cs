using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Density;

/// <summary>The first ten losses and the first gradients against loops over pixels in PyTorch (tests/golden/densities.py).</summary>
public class DensityGoldenTests : EngineTest
{
    private const int B = 16, D = 36, H = 20;
    private static readonly ImageShape Shape = new(1, 6, 6);

    [Fact]
    public void Fvsbn() => Check("fvsbn", 100, rng => new Fvsbn(new(), Shape, rng), (model, step) => model.LogProbability(Bits(step)));

    [Fact]
    public void Nade() => Check("nade", 120, rng => new Nade(new() { Hidden = H }, Shape, rng),
        (model, step) => model.LogProbability(Bits(step), Tensor.Zeros([B], DType.Int64)));

    [Fact]
    public void Orderless_NADE() => Check("eonade", 140, rng => new EoNade(new() { Hidden = [H, 24] }, Shape, rng),
        (model, step) => model.Estimate(Bits(step),
            (GoldenNumbers.Uniform(70 + step, [B, D]) < GoldenNumbers.Uniform(90 + step, [B, 1])).To(DType.Float32)));

    [Fact]
    public void Rnade() => Check("rnade", 160, rng => new Rnade(new() { Hidden = H, Components = 3 }, Shape, rng),
        (model, step) => model.LogProbability(GoldenNumbers.Normal(50 + step, B, D).View(B, 1, 6, 6)));

    [Fact]
    public void Made() => Check("made", 180, rng => new Made(new() { Hidden = [24, H] }, Shape, rng), (model, step) => model.LogProbability(Bits(step)));

    private static Tensor Bits(uint step) => (GoldenNumbers.Uniform(50 + step, [B, D]) > 0.2).To(DType.Float32).View(B, 1, 6, 6);

    private static void Check<T>(string name, uint seed, Func<Rng, T> make, Func<T, uint, Tensor> logProbability)
        where T : Module => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("densities");
        using var rng = new Rng(0);
        using var model = make(rng);
        NoGrad.Run(() =>
        {
            foreach (var (parameter, i) in model.Parameters().Select((parameter, i) => (parameter, (uint)i)))
                parameter.CopyInPlace(GoldenNumbers.Uniform(seed + i, parameter.Shape.ToArray(), -0.5, 0.5));
            foreach (var (path, buffer) in model.NamedBuffers().Where(b => golden.Has($"{name}.{b.Path}")))
                buffer.CopyInPlace(golden.Get($"{name}.{path}"));
        });
        using var adam = new Adam(model, 1e-2);
        for (var step = 0u; step < 10; step++)
        {
            TensorScope.Run(() =>
            {
                var loss = -logProbability(model, step).Mean();
                adam.ZeroGrad();
                loss.Backward();
                if (step == 0)
                {
                    foreach (var (parameter, i) in model.Parameters().Select((parameter, i) => (parameter, i)))
                        golden.AssertClose($"{name}.grad.{i}", parameter.Grad!.Flatten()[TensorIndex.Slice(step: 7)], 2e-5);
                }

                adam.Step();
                var expected = golden.Doubles[$"{name}.losses"][step];
                Assert.Equal(expected, loss.ToDouble(), 1e-5 * Math.Abs(expected));
            });
        }
    });
}
