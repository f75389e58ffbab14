using System.ComponentModel.DataAnnotations;
using Figment.Nn;

namespace Figment.Training.Options;

/// <summary>Which optimiser, and how it steps.</summary>
public abstract record OptimizerOptions
{
    /// <summary>Size of a step, before the schedule's factor.</summary>
    [Range(0.0, 1e3)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Makes the optimiser over all of a module's parameters.</summary>
    public Optimizer Create(Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return Create([new ParameterGroup(module.NamedParameters())]);
    }

    /// <summary>Makes the optimiser over groups of parameters.</summary>
    public abstract Optimizer Create(IReadOnlyList<ParameterGroup> groups);
}

/// <summary>Adam (Kingma and Ba, 2014, https://arxiv.org/abs/1412.6980).</summary>
public record AdamOptimizerOptions : OptimizerOptions
{
    /// <summary>Decay of the mean of gradients.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the mean of squared gradients.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the squares.</summary>
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Adam: weight of an L2 penalty. AdamW: share of a weight taken off a step, times the learning
    /// rate.</summary>
    [Range(0.0, 1e3)]
    public double WeightDecay { get; init; }

    /// <summary>Divide by the largest mean of squares so far (AMSGrad).</summary>
    public bool AmsGrad { get; init; }

    /// <inheritdoc/>
    public override Optimizer Create(IReadOnlyList<ParameterGroup> groups) => new Adam(groups, LearningRate, Inner);

    private protected AdamOptions Inner =>
        new() { Beta1 = Beta1, Beta2 = Beta2, Epsilon = Epsilon, WeightDecay = WeightDecay, AmsGrad = AmsGrad };
}

/// <summary>Adam with weight decay apart from the gradient (Loshchilov and Hutter, 2017,
/// https://arxiv.org/abs/1711.05101).</summary>
public sealed record AdamWOptimizerOptions : AdamOptimizerOptions
{
    /// <summary>AdamW's usual weight decay, 0.01.</summary>
    public AdamWOptimizerOptions() => WeightDecay = 0.01;

    /// <inheritdoc/>
    public override Optimizer Create(IReadOnlyList<ParameterGroup> groups) => new AdamW(groups, LearningRate, Inner);
}

/// <summary>Stochastic gradient descent with momentum.</summary>
public sealed record SgdOptimizerOptions : OptimizerOptions, IValidatableObject
{
    /// <summary>Weight of the earlier steps.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Momentum { get; init; }

    /// <summary>Share of the gradient kept out of the momentum.</summary>
    [Range(0.0, 1.0)]
    public double Dampening { get; init; }

    /// <summary>Weight of an L2 penalty.</summary>
    [Range(0.0, 1e3)]
    public double WeightDecay { get; init; }

    /// <summary>Look ahead along the momentum.</summary>
    public bool Nesterov { get; init; }

    /// <inheritdoc/>
    public override Optimizer Create(IReadOnlyList<ParameterGroup> groups) => new Sgd(groups, LearningRate,
        new SgdOptions { Momentum = Momentum, Dampening = Dampening, WeightDecay = WeightDecay, Nesterov = Nesterov });

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Nesterov && (Momentum == 0 || Dampening != 0))
            yield return new ValidationResult("needs a momentum above 0 and no dampening", [nameof(Nesterov)]);
    }
}

/// <summary>RMSprop (Hinton, 2012).</summary>
public sealed record RmsPropOptimizerOptions : OptimizerOptions
{
    /// <summary>Decay of the mean of squared gradients.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Alpha { get; init; } = 0.99;

    /// <summary>Added to the root of the squares.</summary>
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Weight of an L2 penalty.</summary>
    [Range(0.0, 1e3)]
    public double WeightDecay { get; init; }

    /// <summary>Weight of the earlier steps.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double Momentum { get; init; }

    /// <summary>Divide by the standard deviation of gradients instead of their root mean square.</summary>
    public bool Centered { get; init; }

    /// <inheritdoc/>
    public override Optimizer Create(IReadOnlyList<ParameterGroup> groups) => new RmsProp(groups, LearningRate,
        new RmsPropOptions
        {
            Alpha = Alpha,
            Epsilon = Epsilon,
            WeightDecay = WeightDecay,
            Momentum = Momentum,
            Centered = Centered,
        });
}

/// <summary>Adagrad (Duchi, Hazan and Singer, 2011).</summary>
public sealed record AdagradOptimizerOptions : OptimizerOptions
{
    /// <summary>The learning rate falls as 1 / (1 + decay * steps).</summary>
    [Range(0.0, 1e3)]
    public double LearningRateDecay { get; init; }

    /// <summary>Weight of an L2 penalty.</summary>
    [Range(0.0, 1e3)]
    public double WeightDecay { get; init; }

    /// <summary>Where the sum of squares starts.</summary>
    [Range(0.0, 1e6)]
    public double InitialAccumulator { get; init; }

    /// <summary>Added to the root of the sum.</summary>
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 1e-10;

    /// <inheritdoc/>
    public override Optimizer Create(IReadOnlyList<ParameterGroup> groups) => new Adagrad(groups, LearningRate,
        new AdagradOptions
        {
            LearningRateDecay = LearningRateDecay,
            WeightDecay = WeightDecay,
            InitialAccumulator = InitialAccumulator,
            Epsilon = Epsilon,
        });
}
