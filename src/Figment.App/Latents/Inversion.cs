using Figment.Models;
using Figment.Nn;
using Figment.Torch;

namespace Figment.App;

/// <summary>Codes of images for models that only decode: the code whose image is nearest, found by gradient descent
/// from several starts (Creswell and Bharath 2016, https://arxiv.org/abs/1611.05644).</summary>
internal static class Inversion
{
    private const int Starts = 4;
    private const int Steps = 300;
    private const double Rate = 0.05;

    // What keeps a code where codes are: its squared length counts as much as so much squared error a pixel.
    private const double PriorWeight = 1e-4;

    /// <summary>For each image the best code of all starts.</summary>
    /// <param name="model">Decodes.</param>
    /// <param name="module">The same model: its weights are held still.</param>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, J), the same for the same images.</returns>
    public static Tensor Codes(IDecodesCodes model, Module module, Tensor images)
    {
        var (B, sigma) = (images.Size(0), model.PriorSigma ?? 1);
        using var rng = new Rng(0, images.Device);
        using var search = new Search(rng.Normal([Starts * B, model.LatentSize], 0, sigma));
        using var adam = new Adam(search, Rate * sigma);
        var wanted = images.Repeat(Starts, 1, 1, 1); // (starts B, C, H, W)
        Tensor Errors() => (model.Decode(search.Z) - wanted).Square().Mean([1, 2, 3]); // (starts B)
        module.Freeze();
        try
        {
            for (var step = 0; step < Steps; step++)
                TensorScope.Run(() =>
                {
                    adam.ZeroGrad();
                    var length = model.PriorSigma is null ? null : (search.Z / sigma).Square().Mean([1]);
                    var loss = Errors();
                    (length is null ? loss : loss + (PriorWeight * length)).Sum().Backward();
                    adam.Step();
                });
        }
        finally
        {
            module.Unfreeze();
        }

        return NoGrad.Run(() =>
        {
            var best = Errors().View(Starts, B).ArgMin(0); // (B)
            return search.Z.View(Starts, B, -1)[best, Tensor.Arange(B, device: images.Device)];
        });
    }
}

/// <summary>The codes that are searched for.</summary>
internal sealed partial class Search(Tensor start) : Module
{
    /// <summary>(N, J)</summary>
    public Parameter Z { get; } = new(start);
}
