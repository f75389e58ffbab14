using Figment.Models;
using Figment.Nn;
using Figment.Torch;

namespace Figment.App;

/// <summary>Codes of images for models that only decode: the code whose image is nearest, found by gradient descent
/// from several starts (Creswell and Bharath 2016, https://arxiv.org/abs/1611.05644).</summary>
internal static class Inversion
{
    private const int Starts = 4;
    private const double Rate = 0.05; // in standard deviations of the prior

    // What keeps a code where codes are: its squared distance from the prior's mean, in standard deviations, counts as
    // much as so much squared error a pixel.
    private const double PriorWeight = 1e-4;

    private const double LeastDeviation = 1e-3; // of a number that is always the same

    /// <summary>Steps of the descent.</summary>
    public const int Steps = 300;

    /// <summary>For each image the best code of all starts. Starts are draws of p(z), of N(0, 1) where the model knows
    /// no p(z).</summary>
    /// <param name="model">Decodes.</param>
    /// <param name="module">The same model: its weights are held still.</param>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="stepped">Called before each step with those done.</param>
    /// <returns>(B, J), the same for the same images.</returns>
    public static Tensor Codes(IDecodesCodes model, Module module, Tensor images, Action<int>? stepped = null)
    {
        var (B, J, device) = (images.Size(0), model.LatentSize, images.Device);
        var prior = CodeSpread.OfPrior(model, device);
        var mean = prior is null ? Tensor.Zeros([J], device: device) : Tensor.From<float>(prior.Mean, device, J);
        var deviation = prior is null ? Tensor.Ones([J], device: device)
            : Tensor.From<float>([.. prior.Deviation.Select(d => (float)Math.Max(LeastDeviation, d))], device, J);
        using var rng = new Rng(0, device);
        using var search = new Search(model is IDrawsCodes { PriorSigma: null } drawn
            ? NoGrad.Run(() => (drawn.DrawCodes(Starts * B, rng) - mean) / deviation)
            : rng.Normal([Starts * B, J]));
        using var adam = new Adam(search, Rate);
        var wanted = images.Repeat(Starts, 1, 1, 1); // (starts B, C, H, W)
        Tensor Code() => mean + (deviation * search.Units);
        Tensor Errors() => (model.Decode(Code()) - wanted).Square().Mean([1, 2, 3]); // (starts B)
        module.Freeze();
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                stepped?.Invoke(step);
                TensorScope.Run(() =>
                {
                    adam.ZeroGrad();
                    var loss = Errors();
                    if (prior is not null) loss += PriorWeight * search.Units.Square().Mean([1]);
                    loss.Sum().Backward();
                    adam.Step();
                });
            }
        }
        finally
        {
            module.Unfreeze();
        }

        return NoGrad.Run(() =>
        {
            var best = Errors().View(Starts, B).ArgMin(0); // (B)
            return Code().View(Starts, B, -1)[best, Tensor.Arange(B, device: device)];
        });
    }
}

/// <summary>The codes that are searched for, in standard deviations from the prior's mean.</summary>
internal sealed partial class Search(Tensor start) : Module
{
    /// <summary>(N, J)</summary>
    public Parameter Units { get; } = new(start);
}
