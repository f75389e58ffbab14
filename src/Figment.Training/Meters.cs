using System.Globalization;
using Figment.Torch;

namespace Figment.Training;

/// <summary>Means over a metric interval. Sums stay on the device, in double precision, and are read all at once. A sum
/// that ever took a value that is not finite is not finite itself, so reading finds divergence too.</summary>
internal sealed class Meters : IDisposable
{
    private const string Prefix = "meter.";

    // Sorted, so that the order of columns does not depend on what was logged first since a resume.
    private readonly SortedDictionary<string, Meter> meters = new(StringComparer.Ordinal);

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
            meter.Sum.AddInPlace(value.Detach().Reshape());
            meter.Count++;
        }));
    }

    public void Add(string name, double value) =>
        TensorScope.Run(() => Add(name, Tensor.Scalar(value, DType.Float64)));

    /// <summary>Means since the last reset, by name.</summary>
    public SortedDictionary<string, double> Read() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var means = new SortedDictionary<string, double>(StringComparer.Ordinal);
        var used = meters.Where(m => m.Value.Count > 0).ToArray();
        if (used.Length == 0)
            return means;
        var sums = Ops.Stack([.. used.Select(m => m.Value.Sum.To(Device.Cpu))]).ToArray<double>();
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

    /// <summary>Sums and counts of an interval that a checkpoint cuts in two.</summary>
    public IEnumerable<(string Name, Tensor Sum, long Count)> State() =>
        meters.Where(m => m.Value.Count > 0).Select(m => (Prefix + m.Key, m.Value.Sum, m.Value.Count));

    public void Load(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> counts)
    {
        Dispose();
        foreach (var (key, tensor) in tensors.Where(t => t.Key.StartsWith(Prefix, StringComparison.Ordinal)))
            meters[key[Prefix.Length..]] = new Meter(tensor.Clone().Own())
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
