using Figment.Data.Catalog;
using Figment.Torch;

namespace Figment.App;

/// <summary>A network that judges what other models draw: in its features distances are measured, its classes tell
/// modes.</summary>
internal abstract class Extractor : IDisposable
{
    /// <summary>Names that mean a network whose weights come from elsewhere.</summary>
    public static IReadOnlyList<string> Packaged { get; } =
        [.. WeightCatalog.Cards.Select(card => card.Id), PublishedInception.Id];

    /// <summary>Its name, which the names of its measures end in.</summary>
    public abstract string Name { get; }

    /// <summary>SHA-256 of its weights.</summary>
    public abstract string Hash { get; }

    /// <summary>How images are prepared for it; null where it takes them as they are.</summary>
    public virtual string? Preparation => null;

    /// <summary>Number of classes that it tells.</summary>
    public abstract int Classes { get; }

    /// <summary>The features of images that it takes.</summary>
    /// <returns>(B, J)</returns>
    public abstract Tensor Features(Tensor images);

    /// <summary>Its logits of images that it takes.</summary>
    /// <returns>(B, classes)</returns>
    public abstract Tensor Logits(Tensor images);

    /// <summary>Brings images into the form that it takes, and looks at them.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="look">Of images that it takes to rows (n, K).</param>
    /// <returns>(B, K), or (B, C K) where it looks at channels one by one.</returns>
    /// <exception cref="FigmentException">The images are none that it can take.</exception>
    public abstract Tensor Read(Tensor images, Func<Tensor, Tensor> look);

    /// <summary>What a measure in its features is called.</summary>
    /// <param name="metric">Such as <c>fd</c>.</param>
    public virtual string NameOf(string metric) => $"{metric}-{Name}";

    /// <summary>Opens a network.</summary>
    /// <param name="what">A run of a classifier, the name of packaged weights, or a file of weights; null leaves it to
    /// the data.</param>
    /// <param name="source">Where runs and the device are.</param>
    /// <param name="data">What the judged model learned from.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellation">Stops the fetching of weights.</param>
    /// <exception cref="FigmentException">There is none, or it tells no classes.</exception>
    /// <exception cref="DataUnavailableException">Its weights could not be had.</exception>
    public static Extractor Open(string? what, ModelSource source, string data, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        if (what is null)
        {
            what = data switch
            {
                "mnist" or "binarized-mnist" or "stacked-mnist" => "lenet-mnist",
                "fashion-mnist" => "lenet-fashion",
                _ => throw new FigmentException($"no classifier is known for {data}",
                    $"train one (figment train lenet --data {data} --name judge) and name it: --extractor judge; or "
                    + $"take one of photographs: --extractor {Packaged[0]}", isUsage: true),
            };
        }

        if (WeightCatalog.Find(what) is { } card)
            return PackagedNetwork.Open(card, ComputeDevice.Resolve(source.Device), progress, cancellation);
        return PublishedInception.Is(what)
            ? PublishedInception.Open(what, ComputeDevice.Resolve(source.Device), progress)
            : TrainedExtractor.Open(what, source, progress);
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
