using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// A moving average of a module's parameters: average = decay * average + (1 - decay) * parameter, which often samples
/// and scores better than the parameters themselves. Buffers are copied as they are.
/// </summary>
public sealed class Ema : IDisposable
{
    private readonly Module module;
    private readonly double decay;
    private readonly bool warmUp;
    private readonly List<(string Path, Tensor Source, Tensor Average)> averages;

    /// <summary>Starts from the module's present values.</summary>
    /// <param name="module">The module to follow.</param>
    /// <param name="decay">Weight of the past, in [0, 1); 0.999 averages over about a thousand updates.</param>
    /// <param name="warmUp">Whether the decay starts lower, as min(decay, (1 + n) / (10 + n)) at update n.</param>
    public Ema(Module module, double decay = 0.999, bool warmUp = false)
    {
        ArgumentNullException.ThrowIfNull(module);
        if (decay is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(decay), decay, "A decay lies in [0, 1).");
        (this.module, this.decay, this.warmUp) = (module, decay, warmUp);
        averages = NoGrad.Run(() => module.StateDict()
            .Select(pair => (pair.Key, pair.Value, pair.Value.Detach().Clone().Own())).ToList());
    }

    /// <summary>How often the average was updated; it sets the warm-up's decay, so resuming restores it.</summary>
    public long Updates { get; set; }

    /// <summary>Takes the module's present values into the average.</summary>
    public void Update() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        Updates++;
        var weight = 1 - (warmUp ? Math.Min(decay, (1.0 + Updates) / (10 + Updates)) : decay);
        foreach (var (_, source, average) in averages)
        {
            if (source is Parameter)
                average.LerpInPlace(source, weight);
            else
                average.CopyInPlace(source);
        }
    }));

    /// <summary>Runs a function while the module has the averaged values; then it has its own again.</summary>
    public T Run<T>(Func<T> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        Exchange();
        try
        {
            return function();
        }
        finally
        {
            Exchange();
        }
    }

    /// <summary>Runs an action while the module has the averaged values; then it has its own again.</summary>
    public void Run(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        Run(() =>
        {
            action();
            return true;
        });
    }

    /// <summary>The averages under the module's names: the tensors themselves.</summary>
    public StateDict StateDict() =>
        new(averages.Select(entry => (entry.Path, entry.Average)),
            module.StateDict().Aliases.Select(alias => (alias.Key, alias.Value)));

    /// <summary>Replaces the averages, strictly; see <see cref="Module.LoadStateDict"/>.</summary>
    /// <exception cref="StateDictException">Names every missing, unexpected and unfit key at once.</exception>
    public void LoadStateDict(IReadOnlyDictionary<string, Tensor> state) => StateDict().Load(state);

    /// <summary>Releases the averages; the module stays.</summary>
    public void Dispose()
    {
        foreach (var (_, _, average) in averages)
            average.Dispose();
    }

    /// <summary>Lets module and average trade their values without copying.</summary>
    private void Exchange() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        foreach (var (_, source, average) in averages)
        {
            var values = source.Detach();
            source.SetData(average);
            average.SetData(values);
        }
    }));
}
