using Figment.Data.Loading;
using Figment.Torch;

namespace Figment.Data;

/// <summary>A batch as a model takes it.</summary>
/// <param name="Images">(B, C, H, W) float32 in [0, 1].</param>
/// <param name="Labels">(B) int64 classes; null where the data have none.</param>
public sealed record Batch(Tensor Images, Tensor? Labels)
{
    /// <summary>Examples in the batch.</summary>
    public int Count => (int)Images.Size(0);

    /// <summary>Which rows of the whole batch these are, where several processes share it.</summary>
    public RowShare? Rows { get; init; }

    /// <summary>The part of these examples in the mean over the whole batch; 1 where one process has all.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Images that are learned from with their labels, where only few of all are; this batch then has no
    /// labels. Null where all labels are in the batch.</summary>
    public Batch? Labelled { get; init; }

    /// <summary>Examples in the whole batch, those of other processes included.</summary>
    public long Total => Rows?.Total ?? Count;

    /// <summary>
    /// Copies a batch from host memory into new tensors, owned by the scope in which this is called. To be called on
    /// the thread that uses them.
    /// </summary>
    /// <param name="host">A batch lent by a loader.</param>
    /// <param name="device">Where to; a GPU is filled from pinned memory while the caller goes on. The CPU by
    /// default.</param>
    public static Batch From(HostBatch host, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        var (shape, to) = (host.Shape, device ?? Device.Cpu);
        return new Batch(Tensor.From(host.Images, to, host.Count, shape.Channels, shape.Height, shape.Width),
            host.HasLabels ? Tensor.From(host.Labels, to, host.Count) : null)
        {
            Rows = host.Rows,
            Weight = host.Weight,
            Labelled = host.Labelled is { } labelled ? From(labelled, device) : null,
        };
    }

    /// <summary>The batch in parts that follow one another, as even as can be: views of its tensors, without the
    /// labelled images beside it.</summary>
    /// <param name="parts">How many; fewer where there are fewer examples.</param>
    public IEnumerable<Batch> Split(int parts)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parts, 1);
        parts = Math.Min(parts, Math.Max(1, Count));
        for (var part = 0; part < parts; part++)
        {
            var (begin, end) = ((long)Count * part / parts, (long)Count * (part + 1) / parts);
            yield return new Batch(Images.Narrow(0, begin, end - begin), Labels?.Narrow(0, begin, end - begin));
        }
    }
}

/// <summary>Batches as tensors, straight from a loader.</summary>
public static class LoaderTensors
{
    /// <summary>The next batch as tensors of the caller's scope.</summary>
    /// <param name="loader">The loader.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static Batch NextBatch(this DataLoader loader, CancellationToken cancellation = default) =>
        loader.NextBatch(Device.Cpu, cancellation);

    /// <summary>The next batch on a device, as tensors of the caller's scope.</summary>
    /// <param name="loader">The loader.</param>
    /// <param name="device">Where to.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public static Batch NextBatch(this DataLoader loader, Device device, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(loader);
        return Batch.From(loader.Next(cancellation), device);
    }

    /// <summary>
    /// Images that were chosen by index, untouched by augmentation, in [0, 1] or binarised as the transform says: for
    /// previews and reconstructions.
    /// </summary>
    /// <param name="source">The set.</param>
    /// <param name="indices">Which images.</param>
    /// <param name="transform">The training transform; null for none.</param>
    /// <param name="seed">Decides the binarisation.</param>
    /// <param name="device">Where to; the CPU by default.</param>
    public static Batch Pick(this Sets.IImageSource source, ReadOnlySpan<int> indices, ImageTransform? transform = null,
        ulong seed = 0, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        var steady = (transform ?? new ImageTransform()).ForEvaluation();
        var shape = steady.OutputShape(source.Shape);
        var batch = new HostBatch(shape, Math.Max(1, indices.Length), source.HasLabels);
        batch.Begin(default, default, indices.Length);
        var scratch = new byte[source.Shape.Length];
        for (var slot = 0; slot < indices.Length; slot++)
        {
            batch.Set(slot, indices[slot], source.Label(indices[slot]));
            steady.Apply(source.Pixels(indices[slot]), source.Shape, seed, 0, indices[slot], scratch,
                batch.Image(slot));
        }

        return Batch.From(batch, device);
    }
}
