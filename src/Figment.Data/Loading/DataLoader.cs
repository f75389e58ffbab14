using System.Runtime.ExceptionServices;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.Data.Loading;

/// <summary>
/// Delivers a data set batch by batch, epoch after epoch, prepared ahead by one background thread in buffers that are
/// used again. What is delivered is a pure function of (data, options, cursor). For one consumer at a time.
/// </summary>
public sealed class DataLoader : IDisposable
{
    private readonly LoaderOptions options;
    private readonly DataLoader? labelled; // in step with this one: its place follows from this one's
    private Prefetcher? prefetcher;
    private HostBatch? lent;
    private Exception? fault;
    private bool disposed;

    /// <summary>Prepares to deliver; the background thread starts with the first batch.</summary>
    /// <param name="source">The data.</param>
    /// <param name="options">How to walk over them; null for the defaults.</param>
    /// <param name="start">Where to begin.</param>
    /// <exception cref="ArgumentException">The set is empty, or gives no full batch where only full ones are
    /// wanted.</exception>
    public DataLoader(IImageSource source, LoaderOptions? options = null, Cursor start = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        this.options = options ?? new LoaderOptions();
        Source = source;
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.BatchSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.Prefetch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(this.options.Ranks, 1);
        if (this.options.Rank < 0 || this.options.Rank >= this.options.Ranks)
            throw new ArgumentOutOfRangeException(nameof(options), this.options.Rank,
                $"The rank lies in [0, {this.options.Ranks}).");
        if (source.Count == 0)
            throw new ArgumentException($"{source.Name} has no images.", nameof(source));
        if (this.options.DropLast && source.Count < this.options.BatchSize)
        {
            throw new ArgumentException($"{source.Name} has {source.Count} images: no full batch of "
                + $"{this.options.BatchSize}. Use a smaller batch.", nameof(options));
        }

        if (this.options.Labelled is { } few)
            labelled = new DataLoader(few, this.options with
            {
                BatchSize = Math.Min(this.options.BatchSize, Math.Max(1, few.Count)),
                Shuffle = true,
                DropLast = true,
                Seed = Rng.StreamSeed(this.options.Seed, "labelled"),
                Labelled = null,
            });
        Seek(start);
    }

    /// <summary>The data.</summary>
    public IImageSource Source { get; }

    /// <summary>Where the next batch begins. Save it, and <see cref="Seek"/> to it later, in another process
    /// too.</summary>
    public Cursor Cursor { get; private set; }

    /// <summary>Which of the processes that share each batch this loader serves, and how many there are.</summary>
    public (int Rank, int Ranks) Share => (options.Rank, options.Ranks);

    /// <summary>Batches in a whole epoch.</summary>
    public long BatchesPerEpoch => options.DropLast
        ? Source.Count / options.BatchSize
        : (Source.Count + options.BatchSize - 1L) / options.BatchSize;

    /// <summary>A loader for evaluation: the set's order, every example once a pass, only the binarisation
    /// random.</summary>
    /// <param name="source">The data.</param>
    /// <param name="batchSize">Examples in a batch.</param>
    /// <param name="transform">The training transform; its augmentations are left out.</param>
    /// <param name="seed">Decides the binarisation.</param>
    public static DataLoader Sequential(IImageSource source, int batchSize, ImageTransform? transform = null,
        ulong seed = 0) => new(source, new LoaderOptions
        {
            BatchSize = batchSize,
            Shuffle = false,
            Seed = seed,
            Transform = (transform ?? new ImageTransform()).ForEvaluation(),
        });

    /// <summary>Continues at another place, as if everything before it had been delivered.</summary>
    /// <param name="cursor">A place in the data.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public void Seek(Cursor cursor)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (cursor.Epoch < 0 || cursor.Position < 0 || cursor.Position > Source.Count)
        {
            throw new ArgumentOutOfRangeException(nameof(cursor),
                $"{cursor} is no place in {Source.Name} with its {Source.Count} images: was the data set changed?");
        }

        Stop();
        fault = null;
        Cursor = Plan.Normalize(cursor, Source.Count, options);
        labelled?.SeekBatch((Cursor.Epoch * BatchesPerEpoch) + (Cursor.Position / options.BatchSize));
    }

    /// <summary>The next batch; after the last one of an epoch the next epoch begins.</summary>
    /// <param name="cancellation">Stops waiting; the loader can be used again.</param>
    /// <returns>A batch that is valid until the next call.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <remarks>An exception of the background thread is thrown here, in its place, and again by every later
    /// call.</remarks>
    public HostBatch Next(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (fault is not null)
            ExceptionDispatchInfo.Throw(fault);
        prefetcher ??= new Prefetcher(Source, options, Cursor);
        if (lent is not null)
            prefetcher.GiveBack(lent);
        lent = null;
        var batch = prefetcher.Take(cancellation);
        if (batch.Fault is not null)
        {
            fault = batch.Fault;
            Stop();
            ExceptionDispatchInfo.Throw(fault);
        }

        lent = batch;
        // Not to be cancelled, so that both stay in step: it waits for no more than the filling of a batch.
        batch.Labelled = labelled?.Next(CancellationToken.None);
        Cursor = batch.After;
        return batch;
    }

    /// <summary>The batches from here to the end of the epoch.</summary>
    /// <param name="cancellation">Stops waiting.</param>
    public IEnumerable<HostBatch> RestOfEpoch(CancellationToken cancellation = default)
    {
        var epoch = Cursor.Epoch;
        while (Cursor.Epoch == epoch)
            yield return Next(cancellation);
    }

    /// <summary>Stops the background thread.</summary>
    public void Dispose()
    {
        if (disposed)
            return;
        Stop();
        labelled?.Dispose();
        disposed = true;
    }

    // Continues as if so many batches had been delivered; every batch of an epoch is full.
    private void SeekBatch(long batches) =>
        Seek(new Cursor(batches / BatchesPerEpoch, batches % BatchesPerEpoch * options.BatchSize));

    private void Stop()
    {
        prefetcher?.Dispose();
        (prefetcher, lent) = (null, null);
    }

    /// <summary>Where batches begin and end.</summary>
    internal static class Plan
    {
        internal static Cursor Normalize(Cursor cursor, int count, LoaderOptions options)
        {
            var left = count - cursor.Position;
            return left <= 0 || (options.DropLast && left < options.BatchSize) ? new Cursor(cursor.Epoch + 1, 0)
                : cursor;
        }

        internal static int BatchAt(Cursor cursor, int count, LoaderOptions options) =>
            (int)Math.Min(options.BatchSize, count - cursor.Position);
    }
}
