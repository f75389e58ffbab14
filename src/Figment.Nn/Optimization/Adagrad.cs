namespace Figment.Nn;

/// <summary>Options of <see cref="Adagrad"/>.</summary>
public sealed record AdagradOptions
{
    /// <summary>The learning rate falls as 1 / (1 + decay * steps); default 0.</summary>
    public double LearningRateDecay { get; init; }

    /// <summary>Weight of an L2 penalty; default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Where the sum of squares starts; default 0.</summary>
    public double InitialAccumulator { get; init; }

    /// <summary>Added to the root of the sum; default 1e-10.</summary>
    public double Epsilon { get; init; } = 1e-10;
}

/// <summary>Adagrad (Duchi et al. 2011): s = s + g^2, p = p - lr g / (sqrt(s) + eps).</summary>
public sealed class Adagrad : Optimizer
{
    private const string Sum = "sum";
    private readonly AdagradOptions options;

    /// <summary>Optimises every parameter of a module.</summary>
    public Adagrad(Module module, double learningRate = 1e-2, AdagradOptions? options = null)
        : this(GroupOf(module), learningRate, options)
    {
    }

    /// <summary>Optimises groups of parameters.</summary>
    public Adagrad(IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-2, AdagradOptions? options = null)
        : base(groups, learningRate) => this.options = options ?? new AdagradOptions();

    private protected override IReadOnlyList<string> SlotNames => [Sum];

    private protected override void Apply(IReadOnlyList<Update> updates)
    {
        foreach (var update in updates)
        {
            var (slots, group) = (update.Slots, update.Slots.Group);
            var g = Direction(update, maximize: false, options.WeightDecay * group.WeightDecayFactor);
            var sum = slots.Get(Sum, options.InitialAccumulator).AddcmulInPlace(g, g);
            var lr = LearningRate * group.LearningRateFactor / (1 + ((slots.Steps - 1) * options.LearningRateDecay));
            update.Parameter.AddcdivInPlace(g, sum.Sqrt().AddInPlace(options.Epsilon), -lr);
        }
    }
}
