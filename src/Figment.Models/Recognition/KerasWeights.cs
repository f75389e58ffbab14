using Figment.Data.Formats;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Recognition;

/// <summary>Which layers of a network that Keras trained become which modules.</summary>
/// <param name="Path">The module's path.</param>
/// <param name="Layer">The layer's name in Keras.</param>
internal readonly record struct KerasLayer(string Path, string Layer);

/// <summary>Brings arrays with Keras's names and orders of dimensions into a module.</summary>
internal static class KerasWeights
{
    /// <summary>Loads every tensor of the module, and takes every array.</summary>
    /// <exception cref="ArgumentException">An array is missing, of another shape, or left over.</exception>
    public static void Load(Module net, IReadOnlyList<NamedArray> arrays, IEnumerable<KerasLayer> layers)
    {
        var modules = net.NamedModules().ToDictionary(one => one.Path, one => one.Module, StringComparer.Ordinal);
        var left = arrays.ToDictionary(array => array.Name, StringComparer.Ordinal);
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (path, layer) in layers)
        {
            switch (modules[path])
            {
                case Conv2d when left.ContainsKey($"{layer}/depthwise_kernel"): // (H, W, C, 1) -> (C, 1, H, W)
                    state[$"{path}.weight"] = Take($"{layer}/depthwise_kernel", 4).Permute(2, 3, 0, 1);
                    break;
                case Conv2d: // (H, W, in, out) -> (out, in, H, W)
                    state[$"{path}.weight"] = Take($"{layer}/kernel", 4).Permute(3, 2, 0, 1);
                    break;
                case BatchNorm2d norm:
                    state[$"{path}.bias"] = Take($"{layer}/beta", 1);
                    state[$"{path}.weight"] = left.ContainsKey($"{layer}/gamma") ? Take($"{layer}/gamma", 1)
                        : Tensor.Ones(norm.Bias!.Shape);
                    state[$"{path}.running_mean"] = Take($"{layer}/moving_mean", 1);
                    state[$"{path}.running_var"] = Take($"{layer}/moving_variance", 1);
                    state[$"{path}.num_batches_tracked"] = Tensor.Zeros([], DType.Int64);
                    break;
                default: // Linear: (in, out) -> (out, in)
                    state[$"{path}.weight"] = Take($"{layer}/kernel", 2).T();
                    state[$"{path}.bias"] = Take($"{layer}/bias", 1);
                    break;
            }
        }

        if (left.Count > 0)
            throw new ArgumentException($"{left.Count} arrays fit nowhere, such as {left.Keys.First()}.");
        net.LoadStateDict(state);

        Tensor Take(string name, int rank)
        {
            if (!left.Remove(name, out var array) || array.Shape.Count != rank)
                throw new ArgumentException($"There is no array {name} of {rank} dimensions.");
            return Tensor.From<float>(array.Values, [.. array.Shape]);
        }
    }

    /// <summary>The layers of a head of fully connected ones, 0, 2, 4 of a sequence.</summary>
    public static IEnumerable<KerasLayer> Head(string path) =>
        Enumerable.Range(1, 3).Select(n => new KerasLayer($"{path}.{2 * (n - 1)}", $"dense_{n}"));

    /// <summary>The head that nsfwjs trained: two hidden layers, and the logits of its five kinds of content. (Its
    /// dropout does nothing after training.)</summary>
    public static Sequential NsfwHead(long features, Rng rng) => new(new Linear(features, 256, rng), new Relu(),
        new Linear(256, 128, rng), new Relu(), new Linear(128, NsfwClasses, rng));

    /// <summary>Drawing, hentai, neutral, porn, sexy.</summary>
    public const int NsfwClasses = 5;
}
