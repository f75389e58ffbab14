namespace Figment.Nn;

/// <summary>Options of <see cref="RmsProp"/>.</summary>
public sealed record RmsPropOptions
{
    /// <summary>Decay of the mean of squared gradients; default 0.99.</summary>
    public double Alpha { get; init; } = 0.99;

    /// <summary>Added to the root of the squares; default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight of an L2 penalty; default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Weight of the earlier steps; default 0.</summary>
    public double Momentum { get; init; }

    /// <summary>Whether to divide by the standard deviation of gradients instead of their root mean square.</summary>
    public bool Centered { get; init; }
}

/// <summary>RMSprop (Hinton 2012): v = a v + (1 - a) g^2, p = p - lr g / (sqrt(v) + eps).</summary>
public sealed class RmsProp : Optimizer
{
    private const string Square = "square_avg", Mean = "grad_avg", Momentum = "momentum_buffer";
    private readonly RmsPropOptions options;

    /// <summary>Optimises every parameter of a module.</summary>
    public RmsProp(Module module, double learningRate = 1e-2, RmsPropOptions? options = null)
        : this(GroupOf(module), learningRate, options)
    {
    }

    /// <summary>Optimises groups of parameters.</summary>
    public RmsProp(IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-2, RmsPropOptions? options = null)
        : base(groups, learningRate) => this.options = options ?? new RmsPropOptions();

    private protected override IReadOnlyList<string> SlotNames =>
        (options.Momentum > 0, options.Centered) switch
        {
            (true, true) => [Square, Momentum, Mean],
            (true, false) => [Square, Momentum],
            (false, true) => [Square, Mean],
            _ => [Square],
        };

    private protected override void Apply(IReadOnlyList<Update> updates)
    {
        foreach (var update in updates)
        {
            var (slots, group) = (update.Slots, update.Slots.Group);
            var lr = LearningRate * group.LearningRateFactor;
            var g = Direction(update, maximize: false, options.WeightDecay * group.WeightDecayFactor);
            var v = slots.Get(Square).MulInPlace(options.Alpha).AddcmulInPlace(g, g, 1 - options.Alpha);
            if (options.Centered)
            {
                var mean = slots.Get(Mean).MulInPlace(options.Alpha).AddInPlace(g, 1 - options.Alpha);
                v = v.Addcmul(mean, mean, -1);
            }
            var root = v.Sqrt().AddInPlace(options.Epsilon);
            if (options.Momentum > 0)
                update.Parameter.AddInPlace(
                    slots.Get(Momentum).MulInPlace(options.Momentum).AddcdivInPlace(g, root), -lr);
            else
                update.Parameter.AddcdivInPlace(g, root, -lr);
        }
    }
}
