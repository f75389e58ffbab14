using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Figment.Torch;

namespace Figment.Nn;

/// <summary>Named tensors in a fixed order, with the further names of those that have several (tied ones).</summary>
[SuppressMessage("Naming", "CA1710", Justification = "PyTorch's name for the thing.")]
public sealed class StateDict : IReadOnlyDictionary<string, Tensor>
{
    private readonly Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
    private readonly List<string> order = [];

    /// <summary>Builds a state dict; it does not own the tensors.</summary>
    /// <param name="tensors">Unique names with their tensors, in order.</param>
    /// <param name="aliases">Further names, each with the name it stands for.</param>
    /// <exception cref="ArgumentException">A name occurs twice.</exception>
    public StateDict(IEnumerable<(string Name, Tensor Tensor)> tensors,
        IEnumerable<(string Alias, string Name)>? aliases = null)
    {
        foreach (var (name, tensor) in tensors)
        {
            this.tensors.Add(name, tensor);
            order.Add(name);
        }
        Aliases = (aliases ?? []).ToDictionary(pair => pair.Alias, pair => pair.Name, StringComparer.Ordinal);
    }

    /// <summary>Further names of tied tensors, each with the name under which the tensor is listed.</summary>
    public IReadOnlyDictionary<string, string> Aliases { get; }

    /// <inheritdoc/>
    public int Count => order.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => order;

    /// <inheritdoc/>
    public IEnumerable<Tensor> Values => order.Select(key => tensors[key]);

    /// <inheritdoc/>
    public Tensor this[string key] => tensors[key];

    /// <inheritdoc/>
    public bool ContainsKey(string key) => tensors.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out Tensor value) =>
        tensors.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, Tensor>> GetEnumerator() =>
        order.Select(key => KeyValuePair.Create(key, tensors[key])).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Copies values into the tensors, strictly; layouts and devices stay. A fault changes nothing.</summary>
    /// <param name="state">Tensors by name; numbers of one floating-point type are converted to another.</param>
    /// <exception cref="StateDictException">Names every missing, unexpected and unfit key at once.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        Load(state.Select(pair => new StateValue(pair.Key, pair.Value.Shape.ToArray(), pair.Value.DType,
            () => pair.Value)));
    }

    /// <summary>As the other; a value is read only once every key and shape is known to fit.</summary>
    internal void Load(IEnumerable<StateValue> state)
    {
        var given = state.GroupBy(value => Aliases.GetValueOrDefault(value.Name, value.Name), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var missing = order.Where(key => !given.ContainsKey(key)).ToList();
        var unexpected = given.Keys.Where(key => !tensors.ContainsKey(key)).ToList();
        var unfit = order.Where(given.ContainsKey)
            .SelectMany(key => given[key].SelectMany(value => Compare(tensors[key], value))).ToList();
        if (unfit.Count == 0)
            unfit.AddRange(given.Values.Where(values => values.Count > 1).SelectMany(Untied));
        if (missing.Count + unexpected.Count + unfit.Count > 0)
            throw new StateDictException(missing, unexpected, unfit);
        NoGrad.Run(() =>
        {
            foreach (var key in order)
                TensorScope.Run(() => tensors[key].CopyInPlace(given[key][0].Read()));
        });
    }

    private static IEnumerable<string> Compare(Tensor own, StateValue given)
    {
        if (!own.Shape.SequenceEqual(given.Shape))
            yield return $"{given.Name} is {Describe(own.Shape)} here but {Describe(given.Shape)} in the state";
        else if (own.DType != given.DType && !(own.DType.IsFloatingPoint() && given.DType.IsFloatingPoint()))
            yield return $"{given.Name} is {own.DType} here but {given.DType} in the state";
    }

    /// <summary>A tensor given under several of its names must be the same under each.</summary>
    private static List<string> Untied(List<StateValue> values) => TensorScope.Run(() => NoGrad.Run(() =>
        values.Skip(1).Where(value => !value.Read().Eq(values[0].Read()).All().Item<bool>())
            .Select(value => $"{value.Name} is tied to {values[0].Name} but differs from it").ToList()));

    private static string Describe(ReadOnlySpan<long> shape) => $"[{string.Join(", ", shape.ToArray())}]";
}

/// <summary>A value that can be loaded: its facts, and how to read it.</summary>
internal sealed record StateValue(string Name, long[] Shape, DType DType, Func<Tensor> Read);
