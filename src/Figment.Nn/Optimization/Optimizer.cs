using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Changes parameters along their gradients. Its state is saved under <c>&lt;parameter path&gt;.&lt;slot&gt;</c> with
/// PyTorch's slot names, so that it survives in files.
/// </summary>
/// <remarks>Parameters without a gradient (frozen, or not used in the step) are left alone.</remarks>
public abstract class Optimizer : IDisposable
{
    private readonly List<Slots> all = [];

    private protected Optimizer(IReadOnlyList<ParameterGroup> groups, double learningRate)
    {
        LearningRate = learningRate;
        foreach (var group in groups)
            all.AddRange(group.Parameters.Select(named => new Slots(named.Path, named.Parameter, group)));
        if (all.GroupBy(slots => slots.Path, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ArgumentException($"The parameter {twice.Key} is given twice.", nameof(groups));
    }

    /// <summary>The parameters it changes.</summary>
    public IReadOnlyList<Parameter> Parameters => [.. all.Select(slots => slots.Parameter)];

    /// <summary>The learning rate of the next step; a trainer multiplies it with a schedule.</summary>
    public double LearningRate
    {
        get;
        set => field = double.IsFinite(value) && value >= 0
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A learning rate is a number from 0 up.");
    }

    /// <summary>Changes every parameter that has a gradient.</summary>
    public void Step() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var due = new List<Update>(all.Count);
        foreach (var slots in all)
        {
            if (slots.Parameter.Grad is not { } gradient)
                continue;
            slots.Steps++;
            due.Add(new Update(slots, gradient));
        }
        Apply(due);
    }));

    /// <summary>Forgets the gradients of every parameter.</summary>
    public void ZeroGrad()
    {
        foreach (var slots in all)
            slots.Parameter.Grad = null;
    }

    /// <summary>
    /// The state: its tensors themselves, and each parameter's number of steps as Int64. A parameter that was never
    /// changed has none.
    /// </summary>
    public StateDict StateDict() => new(all.SelectMany(slots => slots.Named()));

    /// <summary>Replaces the state, strictly. On a fault nothing is changed.</summary>
    /// <param name="state">As of <see cref="StateDict"/>; empty before the first step.</param>
    /// <exception cref="StateDictException">Names every missing, unexpected and unfit key at once.</exception>
    public void LoadStateDict(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            var known = new HashSet<string>(StringComparer.Ordinal);
            var missing = new List<string>();
            var unfit = new List<string>();
            foreach (var slots in all)
            {
                var keys = SlotNames.Append("step").Select(slot => $"{slots.Path}.{slot}").ToList();
                known.UnionWith(keys);
                if (keys.Any(state.ContainsKey))
                    missing.AddRange(keys.Where(key => !state.ContainsKey(key)));
                unfit.AddRange(SlotNames.Where(slot => state.ContainsKey($"{slots.Path}.{slot}"))
                    .SelectMany(slot => slots.Compare(slot, state[$"{slots.Path}.{slot}"])));
                if (state.TryGetValue($"{slots.Path}.step", out var step)
                    && (step.DType != DType.Int64 || step.Count != 1))
                    unfit.Add($"{slots.Path}.step is not one Int64");
            }
            var unexpected = state.Keys.Where(key => !known.Contains(key)).ToList();
            if (missing.Count + unexpected.Count + unfit.Count > 0)
                throw new StateDictException(missing, unexpected, unfit);
            foreach (var slots in all)
                slots.Replace(state, SlotNames);
        }));
    }

    /// <summary>Releases the state; the parameters stay their module's.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the state.</summary>
    protected virtual void Dispose(bool disposing)
    {
        foreach (var slots in all.Where(_ => disposing))
            slots.Release();
    }

    /// <summary>A module's parameters as one group.</summary>
    private protected static IReadOnlyList<ParameterGroup> GroupOf(Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return [new ParameterGroup(module.NamedParameters())];
    }

    /// <summary>The names of every parameter's state tensors under the optimiser's options.</summary>
    private protected abstract IReadOnlyList<string> SlotNames { get; }

    /// <summary>Changes the parameters in a scope, without recording.</summary>
    private protected abstract void Apply(IReadOnlyList<Update> updates);

    /// <summary>The gradient to follow: with its sign turned to maximise, and with an L2 penalty's part.</summary>
    private protected static Tensor Direction(Update update, bool maximize, double weightDecay)
    {
        var gradient = maximize ? -update.Gradient : update.Gradient;
        return weightDecay == 0 ? gradient : gradient.Add(update.Parameter, weightDecay);
    }
}
