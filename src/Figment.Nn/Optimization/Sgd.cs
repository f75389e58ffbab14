namespace Figment.Nn;

/// <summary>Options of <see cref="Sgd"/>.</summary>
public sealed record SgdOptions
{
    /// <summary>Weight of the earlier steps; default 0.</summary>
    public double Momentum { get; init; }

    /// <summary>Share of the gradient kept out of the momentum; default 0.</summary>
    public double Dampening { get; init; }

    /// <summary>Weight of an L2 penalty; default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Whether to look ahead (Nesterov 1983); needs momentum and no dampening.</summary>
    public bool Nesterov { get; init; }

    /// <summary>Whether to climb instead of descend.</summary>
    public bool Maximize { get; init; }
}

/// <summary>Stochastic gradient descent with momentum: m = mu m + (1 - dampening) g, p = p - lr m.</summary>
public sealed class Sgd : Optimizer
{
    private const string Momentum = "momentum_buffer";
    private readonly SgdOptions options;

    /// <summary>Optimises every parameter of a module.</summary>
    public Sgd(Module module, double learningRate, SgdOptions? options = null)
        : this(GroupOf(module), learningRate, options)
    {
    }

    /// <summary>Optimises groups of parameters.</summary>
    public Sgd(IReadOnlyList<ParameterGroup> groups, double learningRate, SgdOptions? options = null)
        : base(groups, learningRate)
    {
        this.options = options ?? new SgdOptions();
        if (this.options is { Nesterov: true } and ({ Momentum: <= 0 } or { Dampening: not 0 }))
            throw new ArgumentException("Nesterov momentum needs a momentum above 0 and no dampening.",
                nameof(options));
    }

    private protected override IReadOnlyList<string> SlotNames => options.Momentum == 0 ? [] : [Momentum];

    private protected override void Apply(IReadOnlyList<Update> updates)
    {
        foreach (var update in updates)
        {
            var group = update.Slots.Group;
            var g = Direction(update, options.Maximize, options.WeightDecay * group.WeightDecayFactor);
            if (options.Momentum != 0)
            {
                var m = update.Slots.Get(Momentum).MulInPlace(options.Momentum);
                m.AddInPlace(g, update.Slots.Steps == 1 ? 1 : 1 - options.Dampening);
                g = options.Nesterov ? g.Add(m, options.Momentum) : m;
            }
            update.Parameter.AddInPlace(g, -LearningRate * group.LearningRateFactor);
        }
    }
}
