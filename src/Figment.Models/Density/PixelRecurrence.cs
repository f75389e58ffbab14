using Figment.Data.Images;
using Figment.Models.Distributions;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;

namespace Figment.Models.Density;

/// <summary>What the pixel recurrent networks of van den Oord et al. 2016 share around their layers: the density, and
/// drawing pixel by pixel with what the layers keep.</summary>
public abstract class PixelRecurrence : Module, IGivesDensity, IDrawsSamples, ICompletesImages
{
    private protected PixelRecurrence(ImageShape shape, int levels) =>
        (Shape, Levels) = (shape, new LevelMaps(new PixelLevels(levels)));

    private protected ImageShape Shape { get; }

    private protected LevelMaps Levels { get; }

    /// <summary>What the last layer says of each pixel, given the pixels before it.</summary>
    /// <param name="x">(B, C, H, W) in [0, 1].</param>
    /// <returns>(B, C M, H, W)</returns>
    public abstract Tensor Maps(Tensor x);

    public Tensor PixelLogProbabilities(Tensor images) => Levels.LogProbabilities(images, Maps(images));

    /// <summary>Training minimises the mean of -log p(x), equation 1, in nats.</summary>
    internal ITrainingTask Train(string name, Optimizer optimizer) => new LikelihoodTask(name, this, optimizer,
        (batch, _) => PixelLogProbabilities(batch.Images).Sum([-3, -2, -1]));

    public Tensor Sample(int count, Rng rng, bool mean)
    {
        var device = Parameters()[0].Device;
        var x = Tensor.Zeros([count, Shape.Channels, Shape.Height, Shape.Width], device: device);
        RasterFilling.Fill(x, null, Steps(count), rng);
        return mean ? NoGrad.Run(() => Levels.Mean(Maps(x), Shape.Channels)) : x;
    }

    public string? WhyNotCompletable(bool[,] given) =>
        RasterFilling.WhyNotCompletable(given, Shape.Height, Shape.Width);

    public Tensor Complete(Tensor images, bool[,] given, Rng rng)
    {
        var x = RasterFilling.Begin(images, given, Shape, Levels.Levels);
        return RasterFilling.Fill(x, given, Steps(images.Size(0)), rng);
    }

    private protected abstract RecurrentSteps Steps(long batch);
}

/// <summary>What a recurrent layer keeps while a row is drawn.</summary>
internal interface IRecurrentRow
{
    /// <summary>Begins a row; the row above is complete.</summary>
    void Start(long row);

    /// <summary>The layer's output at a pixel of the row: (B, 2h) to (B, 2h).</summary>
    Tensor At(long column, Tensor map);
}

/// <summary>One pixel's column through a pixel recurrent network.</summary>
/// <param name="first">The first convolution's columns.</param>
/// <param name="layers">The LSTM layers.</param>
/// <param name="head">The end of the network.</param>
/// <param name="levels">Draws a pixel from what the head says.</param>
internal class RecurrentSteps(ColumnCache first, IRecurrentRow[] layers, PixelHead head,
    LevelMaps levels) : IRasterSteps
{
    public void StartRow(long i)
    {
        first.StartRow();
        foreach (var layer in layers)
            layer.Start(i);
    }

    public void Keep(long j, Tensor pixel) => first.Put(j, pixel);

    public Tensor Maps(long j) => head.Call(Read(j));

    public void Draw(long j, Tensor pixel, Rng rng) => RasterFilling.DrawChannels(this, levels, j, pixel, rng);

    public virtual void EndRow()
    {
    }

    /// <summary>A column through all layers, (B, 2h), each with a residual connection around it.</summary>
    protected Tensor Read(long j)
    {
        var map = first.Get(j);
        foreach (var layer in layers)
            map = map + layer.At(j, map);
        return map;
    }
}
