using Figment.Torch;

namespace Figment.Nn;

/// <summary>One parameter's state in an optimiser: named tensors of its shape, and a count of steps.</summary>
internal sealed class Slots(string path, Parameter parameter, ParameterGroup group)
{
    private readonly Dictionary<string, Tensor> tensors = new(StringComparer.Ordinal);
    private Tensor? count;

    public string Path { get; } = path;

    public Parameter Parameter { get; } = parameter;

    public ParameterGroup Group { get; } = group;

    public long Steps { get; set; }

    /// <summary>The slot's tensor, made at its first use in the parameter's layout.</summary>
    public Tensor Get(string slot, double initial = 0)
    {
        if (!tensors.TryGetValue(slot, out var tensor))
            tensors[slot] = tensor = (initial == 0 ? Parameter.ZerosLike() : Parameter.FullLike(initial)).Own();
        return tensor;
    }

    public IEnumerable<(string Name, Tensor Tensor)> Named()
    {
        if (Steps == 0)
            yield break;
        count?.Dispose();
        count = Tensor.From([Steps]).Reshape([]).Own();
        yield return ($"{Path}.step", count);
        foreach (var (slot, tensor) in tensors)
            yield return ($"{Path}.{slot}", tensor);
    }

    public IEnumerable<string> Compare(string slot, Tensor given)
    {
        if (!Parameter.Shape.SequenceEqual(given.Shape))
            yield return $"{Path}.{slot} is [{string.Join(", ", Parameter.Shape.ToArray())}] here but "
                + $"[{string.Join(", ", given.Shape.ToArray())}] in the state";
        else if (!given.DType.IsFloatingPoint())
            yield return $"{Path}.{slot} is {Parameter.DType} here but {given.DType} in the state";
    }

    public void Replace(IReadOnlyDictionary<string, Tensor> state, IReadOnlyList<string> names)
    {
        var given = state.TryGetValue($"{Path}.step", out var step);
        Steps = given ? step!.Item<long>() : 0;
        if (!given)
            Release();
        foreach (var slot in names.Where(_ => given))
            Get(slot).CopyInPlace(state[$"{Path}.{slot}"]);
    }

    public void Release()
    {
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
        tensors.Clear();
        count?.Dispose();
        count = null;
    }
}

/// <summary>One parameter that is due, with its gradient.</summary>
internal readonly record struct Update(Slots Slots, Tensor Gradient)
{
    public Parameter Parameter => Slots.Parameter;
}
