using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Tests.Density;

/// <summary>Both pixel recurrent networks under one face, as the tests use them.</summary>
internal sealed class PixelRnn : IDisposable
{
    private PixelRnn(Module module, Func<Tensor, Tensor> maps, ImageShape shape, int levels) =>
        (Module, Maps, Shape, Levels) = (module, maps, shape, levels);

    public Module Module { get; }

    public Func<Tensor, Tensor> Maps { get; }

    public ImageShape Shape { get; }

    public int Levels { get; }

    public IGivesDensity Density => (IGivesDensity)Module;

    public IDrawsSamples Draws => (IDrawsSamples)Module;

    public ICompletesImages Completes => (ICompletesImages)Module;

    public static PixelRnn Make(string kind, ImageShape shape, Rng rng, int hidden = 3, int layers = 1, int levels = 2, int head = 6)
    {
        if (kind == "row")
        {
            var row = new RowLstm(new RowLstmOptions { Hidden = hidden, Layers = layers, Levels = levels, Head = head }, shape, rng);
            return new PixelRnn(row, row.Maps, shape, levels);
        }

        var diagonal = new DiagonalBiLstm(
            new DiagonalBiLstmOptions { Hidden = hidden, Layers = layers, Levels = levels, Head = head }, shape, rng);
        return new PixelRnn(diagonal, diagonal.Maps, shape, levels);
    }

    /// <summary>Weights large enough that pixels depend on each other in earnest.</summary>
    public PixelRnn Shaken(Rng rng, double size = 0.7)
    {
        foreach (var parameter in Module.Parameters())
            Init.Normal(parameter, rng, 0, size);
        return this;
    }

    public PixelRnn InDoublePrecision()
    {
        Module.To(DType.Float64);
        return this;
    }

    /// <summary>Every image of the shape, (K^n, C, H, W); the last value changes fastest.</summary>
    public Tensor EveryImage()
    {
        var (n, count) = (Shape.Length, (int)Math.Pow(Levels, Shape.Length));
        var values = new double[count * n];
        for (var image = 0; image < count; image++)
            for (var (at, rest) = (n - 1, image); at >= 0; at--, rest /= Levels)
                values[(image * n) + at] = rest % Levels / (Levels - 1.0);
        return Tensor.From(values, count, Shape.Channels, Shape.Height, Shape.Width);
    }

    public void Dispose() => Module.Dispose();
}
