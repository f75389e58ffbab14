using System.Globalization;
using Figment.Torch;
using Figment.Training.Distributed;

namespace Figment.Training;

/// <summary>Means over a metric interval. Sums stay on the device, in double precision, and are read all at once. A sum
/// that ever took a value that is not finite is not finite itself, so reading finds divergence too.</summary>
internal sealed class Meters(Ranks ranks) : IDisposable
{
    private const string Prefix = "meter.";

    // Sorted, so that the order of columns does not depend on what was logged first since a resume.
    private readonly SortedDictionary<string, Meter> meters = new(StringComparer.Ordinal);

    /// <summary>This rank's part of the batch: a mean over its rows counts as much in the mean over all.</summary>
    public double Weight { get; set; } = 1;

    public void Add(string name, Tensor value)
    {
        if (value.Count != 1)
            throw new ArgumentException(
                $"'{name}' is logged as one number, but has the shape [{string.Join(", ", value.Shape.ToArray())}]",
                nameof(value));
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            if (!meters.TryGetValue(name, out var meter))
                meters[name] = meter = new Meter(Tensor.Zeros([], DType.Float64, value.Device).Own());
            // A sum read from a file lies on the CPU until the first value tells where it belongs.
            if (meter.Sum.Device != value.Device)
            {
                if (meter.Sum.Device.IsCuda)
                    value = value.To(meter.Sum.Device);
                else
                    meter.Sum.SetData(meter.Sum.To(value.Device));
            }
            meter.Sum.AddInPlace(value.Detach().Reshape(), Weight);
            meter.Count++;
        }));
    }

    public void Add(string name, double value) =>
        TensorScope.Run(() => Add(name, Tensor.Scalar(value, DType.Float64)));

    /// <summary>Means since the last reset, by name.</summary>
    public SortedDictionary<string, double> Read() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var means = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var used = Used();
        if (used.Length == 0)
            return means;
        var sums = Sums(used).ToArray<double>();
        for (var i = 0; i < used.Length; i++)
            means[used[i].Key] = sums[i] / used[i].Value.Count;
        return means;
    }));

    public void Reset() => NoGrad.Run(() =>
    {
        foreach (var meter in meters.Values)
        {
            meter.Sum.ZeroInPlace();
            meter.Count = 0;
        }
    });

    /// <summary>Sums over all ranks and counts, of an interval that a checkpoint cuts in two.</summary>
    public IReadOnlyList<(string Name, Tensor Sum, long Count)> State()
    {
        var used = Used();
        if (used.Length == 0)
            return [];
        var sums = Sums(used);
        return [.. used.Select((m, i) => (Prefix + m.Key, sums[i], m.Value.Count))];
    }

    // What ranks have summed up is known to be theirs by its names: what does not fit must not be added.
    private Tensor Sums(KeyValuePair<string, Meter>[] used)
    {
        if (ranks.Size == 1)
            return Ops.Stack([.. used.Select(m => m.Value.Sum.To(Device.Cpu))]);
        var names = string.Join(' ', used.Select(m => m.Key));
        var mark = Rng.StreamSeed(0, names) % (1 << 30);
        var sums = Ops.Stack([.. used.Select(m => m.Value.Sum.To(Device.Cpu)),
            Tensor.Scalar((double)mark, DType.Float64)]);
        ranks.Sum(sums);
        return sums[^1].ToDouble() == (double)mark * ranks.Size ? sums[..^1]
            : throw new InvalidOperationException($"the ranks measured different things; rank {ranks.Rank}: {names}");
    }

    private KeyValuePair<string, Meter>[] Used() => [.. meters.Where(m => m.Value.Count > 0)];

    public void Load(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> counts)
    {
        Dispose();
        foreach (var (key, tensor) in tensors.Where(t => t.Key.StartsWith(Prefix, StringComparison.Ordinal)))
            // What was summed before counts once.
            meters[key[Prefix.Length..]] = new Meter((ranks.IsFirst ? tensor.Clone() : tensor.ZerosLike()).Own())
            {
                Count = long.Parse(counts[key], NumberStyles.None, CultureInfo.InvariantCulture),
            };
    }

    public void Dispose()
    {
        foreach (var meter in meters.Values)
            meter.Sum.Dispose();
        meters.Clear();
    }

    private sealed class Meter(Tensor sum)
    {
        public Tensor Sum { get; } = sum;

        public long Count { get; set; }
    }
}
