using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Where codes lie: the mean and the standard deviation of every number.</summary>
/// <param name="Mean">(J)</param>
/// <param name="Deviation">(J)</param>
/// <param name="Whose">Of what, in words.</param>
internal sealed record CodeSpread(float[] Mean, double[] Deviation, string Whose)
{
    private const int Draws = 1000;

    /// <summary>Of p(z), as far as the model knows it: exactly where it is normal, of draws else; null where it cannot
    /// be drawn.</summary>
    public static CodeSpread? OfPrior(IDecodesCodes model, Device device)
    {
        if (model.PriorSigma is { } sigma)
            return new CodeSpread(new float[model.LatentSize],
                [.. Enumerable.Repeat(sigma, model.LatentSize)], "prior");
        if (model is not IDrawsCodes prior) return null;
        using var rng = new Rng(0, device);
        var numbers = TensorScope.Run(() => NoGrad.Run(() => prior.DrawCodes(Draws, rng).ToArray<float>()));
        return Of([.. numbers.Chunk(model.LatentSize)], "prior");
    }

    /// <summary>Of codes.</summary>
    public static CodeSpread Of(IReadOnlyList<float[]> codes, string whose)
    {
        var mean = LatentSpace.Mean(codes);
        return new CodeSpread(mean, [.. mean.Select((m, j) =>
            Math.Sqrt(codes.Average(code => (double)(code[j] - m) * (code[j] - m))))], whose);
    }
}
