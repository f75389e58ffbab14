using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Figment.Nn.Serialization;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>A file of values that PyTorch computed; tests/golden holds the script that wrote it.</summary>
internal sealed class GoldenFile
{
    private static readonly ConcurrentDictionary<string, GoldenFile> Opened = new();

    private readonly Dictionary<string, (long[] Shape, DType DType, float[] Values)> tensors =
        new(StringComparer.Ordinal);

    private GoldenFile(string name) => TensorScope.Run(() =>
    {
        using var file = SafeTensorsFile.Open(Path.Combine(Folder, name + ".safetensors"));
        Metadata = file.Metadata;
        foreach (var entry in file.Entries)
        {
            var values = file.Read(entry.Name);
            tensors[entry.Name] = ([.. entry.Shape], entry.DType, values.To(DType.Float32).ToArray<float>());
            if (entry.DType == DType.Float64)
                Doubles[entry.Name] = values.ToArray<double>();
        }
    });

    public static string Folder { get; } =
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../golden"));

    public IReadOnlyDictionary<string, string> Metadata { get; private set; } = null!;

    public Dictionary<string, double[]> Doubles { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Keys => tensors.Keys;

    public static GoldenFile Open(string name) => Opened.GetOrAdd(name, static n => new GoldenFile(n));

    public bool Has(string key) => tensors.ContainsKey(key);

    public float[] Values(string key) => tensors[key].Values;

    /// <summary>The tensor, made anew in the caller's scope.</summary>
    public Tensor Get(string key)
    {
        var (shape, dtype, values) = tensors[key];
        return Tensor.From(values, shape).To(dtype);
    }

    /// <summary>Tensors whose names begin with a prefix, under the rest of their names.</summary>
    public Dictionary<string, Tensor> Under(string prefix) => tensors.Keys
        .Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
        .ToDictionary(key => key[prefix.Length..], Get, StringComparer.Ordinal);

    /// <summary>Compares with the file's value: within tolerance * (1 + |expected|) everywhere.</summary>
    public void AssertClose(string key, Tensor actual, double tolerance = 1e-5)
    {
        var (shape, _, expected) = tensors[key];
        Assert.True(actual.Shape.SequenceEqual(shape),
            $"{key}: shape [{string.Join(", ", actual.Shape.ToArray())}] instead of [{string.Join(", ", shape)}]");
        var values = actual.Detach().To(DType.Float32).ToArray<float>();
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(values[i] - expected[i]) <= tolerance * (1 + Math.Abs(expected[i])),
                $"{key}: element {i} is {values[i]} instead of {expected[i]}");
        }
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
