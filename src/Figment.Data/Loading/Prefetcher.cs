using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.Data.Loading;

/// <summary>
/// One thread that fills batches ahead of their consumer. It touches host memory only and never calls the tensor
/// engine, so nothing it does can disturb a computation.
/// </summary>
internal sealed class Prefetcher : IDisposable
{
    private readonly object gate = new();
    private readonly Queue<HostBatch> empty = new();
    private readonly Queue<HostBatch> ready = new();
    private readonly IImageSource source;
    private readonly LoaderOptions options;
    private readonly Thread thread;
    private bool stopped;

    internal Prefetcher(IImageSource source, LoaderOptions options, Cursor start)
    {
        (this.source, this.options) = (source, options);
        var shape = options.Transform.OutputShape(source.Shape);
        var capacity = Math.Min(options.BatchSize, source.Count);
        // One more than wait in the queue: the consumer holds one while the thread fills another.
        for (var n = 0; n <= options.Prefetch; n++)
            empty.Enqueue(new HostBatch(shape, capacity, source.HasLabels && options.Labelled is null));
        thread = new Thread(() => Run(start)) { IsBackground = true, Name = $"data {source.Name}" };
        thread.Start();
    }

    internal HostBatch Take(CancellationToken cancellation)
    {
        using var registration = cancellation.Register(Wake);
        lock (gate)
        {
            while (ready.Count == 0)
            {
                cancellation.ThrowIfCancellationRequested();
                Monitor.Wait(gate);
            }

            return ready.Dequeue();
        }
    }

    internal void GiveBack(HostBatch batch)
    {
        lock (gate)
        {
            empty.Enqueue(batch);
            Monitor.PulseAll(gate);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            stopped = true;
            Monitor.PulseAll(gate);
        }

        thread.Join();
    }

    private void Wake()
    {
        lock (gate)
            Monitor.PulseAll(gate);
    }

    private void Run(Cursor cursor)
    {
        var order = new int[source.Count];
        var scratch = new byte[source.Shape.Length];
        var orderedEpoch = -1L;
        while (NextEmpty() is { } batch)
        {
            try
            {
                if (cursor.Epoch != orderedEpoch)
                {
                    Order(order, cursor.Epoch);
                    orderedEpoch = cursor.Epoch;
                }

                var count = DataLoader.Plan.BatchAt(cursor, source.Count, options);
                var after = DataLoader.Plan.Normalize(cursor with { Position = cursor.Position + count }, source.Count,
                    options);
                var first = (int)cursor.Position;
                if (options.Ranks > 1)
                {
                    var (rows, weight) = RowShare.Of(options.Rank, options.Ranks, count);
                    (batch.Rows, batch.Weight) = (rows, weight);
                    (first, count) = (first + (int)rows.First, (int)rows.Count);
                }

                batch.Begin(cursor, after, count);
                for (var slot = 0; slot < count; slot++)
                    Fill(batch, slot, order[first + slot], cursor.Epoch, scratch);
                cursor = after;
            }
            catch (Exception error)
            {
                batch.Fault = error;
            }

            var last = batch.Fault is not null;
            lock (gate)
            {
                ready.Enqueue(batch);
                Monitor.PulseAll(gate);
            }

            if (last)
                return;
        }
    }

    private HostBatch? NextEmpty()
    {
        lock (gate)
        {
            while (!stopped && empty.Count == 0)
                Monitor.Wait(gate);
            return stopped ? null : empty.Dequeue();
        }
    }

    private void Order(int[] order, long epoch)
    {
        if (options.Shuffle)
        {
            CounterRandom.Permute(order, options.Seed, epoch);
            return;
        }

        for (var i = 0; i < order.Length; i++)
            order[i] = i;
    }

    private void Fill(HostBatch batch, int slot, int index, long epoch, byte[] scratch)
    {
        batch.Set(slot, index, source.Label(index));
        options.Transform.Apply(source.Pixels(index), source.Shape, options.Seed, epoch, index, scratch,
            batch.Image(slot));
    }
}
