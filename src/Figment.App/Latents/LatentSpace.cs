using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>A trained model's codes as plain numbers: pictures in, codes out, and back.</summary>
internal sealed class LatentSpace
{
    private const int BatchSize = 250;

    private readonly TrainedModel trained;
    private readonly IDecodesCodes model;
    private readonly IProgress<WorkEvent> progress;

    /// <param name="trained">The model.</param>
    /// <param name="progress">Told how far a search is.</param>
    /// <param name="needsEncoder">Whether so many images are to be encoded that a search for each would not end; of a
    /// few, a model that only decodes is searched for the codes.</param>
    /// <exception cref="FigmentException">The model has no codes, or no encoder where one is needed.</exception>
    public LatentSpace(TrainedModel trained, IProgress<WorkEvent> progress, bool needsEncoder = false) =>
        (this.trained, this.progress, model) = (trained, progress,
        needsEncoder ? trained.As<IEncodesImages>("encode images") : trained.As<IDecodesCodes>("decode codes"));

    /// <summary>J, the numbers of one code.</summary>
    public int Size => model.LatentSize;

    /// <summary>Whether a code is computed, and not searched for.</summary>
    public bool Encodes => model is IEncodesImages;

    /// <summary>Where the codes of the prior lie; null where the model has none.</summary>
    public CodeSpread? Prior => CodeSpread.OfPrior(model, trained.Device);

    /// <summary>Draws codes of the prior.</summary>
    /// <exception cref="FigmentException">The model has no prior that can be drawn.</exception>
    public float[][] Draw(int count, ulong seed)
    {
        var prior = trained.As<IDrawsCodes>("draw codes");
        using var root = new Rng(seed);
        using var rng = root.Stream("codes", trained.Device);
        return [.. Numbers(() => prior.DrawCodes(count, rng)).Chunk(Size)];
    }

    /// <summary>The classes between which the model can walk.</summary>
    /// <exception cref="FigmentException">It knows none.</exception>
    public CodeClasses Classes() => CodeClasses.Of(trained);

    /// <summary>The codes of images from a set, in the order asked for.</summary>
    /// <param name="source">The set.</param>
    /// <param name="images">Their numbers.</param>
    /// <param name="transform">How bytes become numbers.</param>
    /// <param name="seed">Of the transform's draws.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    public float[][] Encode(IImageSource source, ReadOnlySpan<int> images, ImageTransform transform, ulong seed,
        CancellationToken cancellation)
    {
        var codes = new List<float[]>(images.Length);
        for (var done = 0; done < images.Length; done += BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var some = images.Slice(done, Math.Min(BatchSize, images.Length - done)).ToArray();
            codes.AddRange(CodesOf(() => source.Pick(some, transform, seed, trained.Device).Images, cancellation));
        }

        return [.. codes];
    }

    /// <summary>The codes of pictures that are numbers already.</summary>
    /// <param name="pixels">(N, C, H, W) in [0, 1].</param>
    public float[][] Encode(float[] pixels)
    {
        var (shape, batch) = (trained.Shape, BatchSize * trained.Shape.Length);
        return [.. pixels.Chunk(batch).SelectMany(some => CodesOf(() => Tensor.From<float>(some,
            trained.Device, some.Length / shape.Length, shape.Channels, shape.Height, shape.Width)))];
    }

    /// <summary>The mean picture of each code.</summary>
    /// <returns>(N, C, H, W) in [0, 1].</returns>
    public float[] Decode(IReadOnlyList<float[]> codes, CancellationToken cancellation)
    {
        var pixels = new List<float>(checked(codes.Count * trained.Shape.Length));
        foreach (var some in codes.Chunk(BatchSize))
        {
            cancellation.ThrowIfCancellationRequested();
            float[] flat = [.. some.SelectMany(code => code)];
            pixels.AddRange(Numbers(() => model.Decode(Tensor.From<float>(flat, trained.Device, some.Length, Size))));
        }

        return [.. pixels];
    }

    /// <summary>A number of the code, if there is such a number.</summary>
    /// <exception cref="FigmentException">There is none.</exception>
    public int CheckDimension(int dimension) => dimension >= 0 && dimension < Size
        ? dimension
        : throw new FigmentException($"the code has no number {dimension}", $"choose from 0 to {Size - 1}",
            isUsage: true);

    /// <summary>The mean of several codes, in double precision.</summary>
    public static float[] Mean(IReadOnlyList<float[]> codes) =>
        [.. Enumerable.Range(0, codes[0].Length).Select(j => (float)codes.Average(code => (double)code[j]))];

    // A model that only decodes is asked backwards: the search is part of what its codes mean.
    private IEnumerable<float[]> CodesOf(Func<Tensor> images, CancellationToken cancellation = default) =>
        (model is IEncodesImages encoder
            ? Numbers(() => encoder.Encode(images()))
            : TensorScope.Run(() => Searched(images(), cancellation).ToArray<float>())).Chunk(Size);

    private Tensor Searched(Tensor images, CancellationToken cancellation) =>
        Inversion.Codes(model, trained.Module, images, done =>
        {
            cancellation.ThrowIfCancellationRequested();
            progress.Report(new Advanced($"searching {images.Size(0)} codes", done, Inversion.Steps, "steps"));
        });

    private static float[] Numbers(Func<Tensor> make) =>
        TensorScope.Run(() => NoGrad.Run(() => make().ToArray<float>()));
}
