using Figment.Torch;

namespace Figment.Nn;

/// <summary>Options of <see cref="Adam"/> and <see cref="AdamW"/>.</summary>
public sealed record AdamOptions
{
    /// <summary>Decay of the mean of gradients; default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients; default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the squares; default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>
    /// Adam: weight of an L2 penalty. AdamW: share of the parameter (times the learning rate) taken off a step. Null is
    /// PyTorch's default: 0 for Adam, 0.01 for AdamW.
    /// </summary>
    public double? WeightDecay { get; init; }

    /// <summary>Whether to divide by the largest mean of squares so far (Reddi et al. 2018).</summary>
    public bool AmsGrad { get; init; }

    /// <summary>Whether to climb instead of descend.</summary>
    public bool Maximize { get; init; }
}

/// <summary>
/// Adam (Kingma and Ba 2014): m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2,
/// p = p - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).
/// </summary>
public class Adam : Optimizer
{
    private const string Mean = "exp_avg", Square = "exp_avg_sq", Largest = "max_exp_avg_sq";
    private readonly AdamOptions options;
    private readonly double weightDecay;
    private readonly bool decoupled;

    /// <summary>Optimises every parameter of a module.</summary>
    public Adam(Module module, double learningRate = 1e-3, AdamOptions? options = null)
        : this(GroupOf(module), learningRate, options)
    {
    }

    /// <summary>Optimises groups of parameters.</summary>
    public Adam(IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-3, AdamOptions? options = null)
        : this(groups, learningRate, options, decoupled: false)
    {
    }

    private protected Adam(IReadOnlyList<ParameterGroup> groups, double learningRate, AdamOptions? options,
        bool decoupled) : base(groups, learningRate)
    {
        this.options = options ?? new AdamOptions();
        if (this.options is not { Beta1: >= 0 and < 1, Beta2: >= 0 and < 1, Epsilon: >= 0 })
            throw new ArgumentOutOfRangeException(nameof(options), this.options,
                "Betas lie in [0, 1), epsilon from 0 up.");
        this.decoupled = decoupled;
        weightDecay = this.options.WeightDecay ?? (decoupled ? 0.01 : 0);
    }

    private protected override IReadOnlyList<string> SlotNames =>
        options.AmsGrad ? [Mean, Square, Largest] : [Mean, Square];

    private protected override void Apply(IReadOnlyList<Update> updates)
    {
        // Parameters of one group that have been stepped equally often go through the fused kernel together.
        foreach (var alike in updates.GroupBy(update => (update.Slots.Group, update.Slots.Steps)))
        {
            if (options.AmsGrad || options.Maximize || !TryFused([.. alike], alike.Key.Group, alike.Key.Steps))
            {
                foreach (var update in alike)
                    Compose(update, alike.Key.Group, alike.Key.Steps);
            }
        }
    }

    private bool TryFused(Update[] updates, ParameterGroup group, long steps) => FusedKernels.Adam(
        Array.ConvertAll(updates, update => (Tensor)update.Parameter),
        Array.ConvertAll(updates, update => update.Gradient),
        Array.ConvertAll(updates, update => update.Slots.Get(Mean)),
        Array.ConvertAll(updates, update => update.Slots.Get(Square)),
        LearningRate * group.LearningRateFactor, options.Beta1, options.Beta2, options.Epsilon,
        weightDecay * group.WeightDecayFactor, decoupled, steps);

    private void Compose(Update update, ParameterGroup group, long steps)
    {
        var (p, lr, decay) = (update.Parameter, LearningRate * group.LearningRateFactor,
            weightDecay * group.WeightDecayFactor);
        var g = Direction(update, options.Maximize, decoupled ? 0 : decay);
        if (decoupled && decay != 0)
            p.MulInPlace(1 - (lr * decay));
        var m = update.Slots.Get(Mean).MulInPlace(options.Beta1).AddInPlace(g, 1 - options.Beta1);
        var v = update.Slots.Get(Square).MulInPlace(options.Beta2).AddcmulInPlace(g, g, 1 - options.Beta2);
        if (options.AmsGrad)
            v = update.Slots.Get(Largest).CopyInPlace(update.Slots.Get(Largest).Maximum(v));
        var correction = Math.Sqrt(1 - Math.Pow(options.Beta2, steps));
        var denominator = v.Sqrt().DivInPlace(correction).AddInPlace(options.Epsilon);
        p.AddcdivInPlace(m, denominator, -lr / (1 - Math.Pow(options.Beta1, steps)));
    }
}

/// <summary>Adam with weight decay apart from the gradient (Loshchilov and Hutter 2017).</summary>
public sealed class AdamW : Adam
{
    /// <summary>Optimises every parameter of a module.</summary>
    public AdamW(Module module, double learningRate = 1e-3, AdamOptions? options = null)
        : base(GroupOf(module), learningRate, options, decoupled: true)
    {
    }

    /// <summary>Optimises groups of parameters.</summary>
    public AdamW(IReadOnlyList<ParameterGroup> groups, double learningRate = 1e-3, AdamOptions? options = null)
        : base(groups, learningRate, options, decoupled: true)
    {
    }
}
