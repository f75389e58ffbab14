using System.ComponentModel.DataAnnotations;

namespace Figment.Training.Options;

/// <summary>Whether more or less of a metric is better.</summary>
public enum MetricGoal
{
    /// <summary>Less is better (losses, distances).</summary>
    Minimize,

    /// <summary>More is better (likelihoods, accuracies).</summary>
    Maximize,
}

/// <summary>In which number format products are computed in training; weights and everything else are
/// Float32.</summary>
public enum Precision
{
    /// <summary>All of it in Float32.</summary>
    Float32,

    /// <summary>On a GPU, factors of products are rounded to TF32 inside the tensor cores.</summary>
    Tf32,

    /// <summary>Linear and convolution layers multiply in bfloat16; see <see cref="Nn.MixedPrecision"/>.</summary>
    Bf16,
}

/// <summary>How long and how a model is trained, and what is kept on the way.</summary>
public sealed record PlanOptions : IValidatableObject
{
    /// <summary>Optimiser steps after which training ends; null leaves it to epochs.</summary>
    [Range(1L, 1_000_000_000_000L)]
    public long? Steps { get; init; }

    /// <summary>Passes over the training set after which training ends; may be a fraction; null leaves it to
    /// steps.</summary>
    [Range(0.0, 1_000_000.0, MinimumIsExclusive = true)]
    public double? Epochs { get; init; }

    /// <summary>Examples in one step.</summary>
    [Range(1, 65_536)]
    public int Batch { get; init; } = 128;

    /// <summary>Parts, one after the other, in which the gradient of a step's examples is summed up: less memory, the
    /// same step but for rounding (batch norm sees each part alone). Divides batch.</summary>
    [Range(1, 4_096)]
    public int Accumulate { get; init; } = 1;

    /// <summary>Number format of products in training steps: float32, tf32 (GPUs) or bf16. Evaluation and sampling are
    /// Float32.</summary>
    public Precision Precision { get; init; }

    /// <summary>Gradients are scaled down to this norm over all of a player's parameters; null leaves them.</summary>
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? ClipNorm { get; init; }

    /// <summary>Each gradient entry is cut to plus or minus this value; null leaves them.</summary>
    [Range(0.0, 1e9, MinimumIsExclusive = true)]
    public double? ClipValue { get; init; }

    /// <summary>Whether batch norms see the whole batch where several processes share it; otherwise each its own
    /// rows.</summary>
    public bool SynchronizeBatchNorm { get; init; }

    /// <summary>How the learning rate changes.</summary>
    public ScheduleOptions Schedule { get; init; } = new ConstantScheduleOptions();

    /// <summary>Decay of the moving average of the weights, as in 0.999; null keeps none.</summary>
    [Range(0.0, 1.0, MaximumIsExclusive = true)]
    public double? EmaDecay { get; init; }

    /// <summary>Steps between two rows of metrics; each row holds the mean over its interval.</summary>
    [Range(1, 1_000_000)]
    public int MetricInterval { get; init; } = 100;

    /// <summary>Steps between two previews in samples/; 0 for none.</summary>
    [Range(0, 1_000_000_000)]
    public int PreviewInterval { get; init; } = 1_000;

    /// <summary>Steps between two evaluations on the validation set; 0 for none.</summary>
    [Range(0, 1_000_000_000)]
    public int EvaluationInterval { get; init; }

    /// <summary>Steps between two checkpoints; one is always written at the start, at the end and when
    /// stopped.</summary>
    [Range(1, 1_000_000_000)]
    public int CheckpointInterval { get; init; } = 1_000;

    /// <summary>How many of the newest checkpoints are kept.</summary>
    [Range(1, 10_000)]
    public int KeepLast { get; init; } = 2;

    /// <summary>Evaluation metric by which the best checkpoint is kept and early stopping decides; null for
    /// none.</summary>
    [MinLength(1)]
    public string? BestBy { get; init; }

    /// <summary>Whether less or more of best-by is better.</summary>
    public MetricGoal Goal { get; init; } = MetricGoal.Minimize;

    /// <summary>Evaluations without an improvement of best-by after which training stops early; null never.</summary>
    [Range(1, 1_000_000)]
    public int? Patience { get; init; }

    /// <summary>Smallest change of best-by that counts as an improvement.</summary>
    [Range(0.0, 1e12)]
    public double MinimumImprovement { get; init; }

    /// <summary>Steps of the whole run: those of <see cref="Steps"/> or <see cref="Epochs"/>, whichever end
    /// first.</summary>
    /// <param name="stepsPerEpoch">Steps in one pass over the training set.</param>
    public long TotalSteps(long stepsPerEpoch) => Math.Min(
        Steps ?? long.MaxValue, Epochs is { } epochs ? (long)Math.Ceiling(epochs * stepsPerEpoch) : long.MaxValue);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Steps is null && Epochs is null)
            yield return new ValidationResult("needs steps or epochs, else training would not end");
        if (Batch % Accumulate != 0)
            yield return new ValidationResult($"does not divide batch ({Batch})", [nameof(Accumulate)]);
        if (Patience is not null && BestBy is null)
            yield return new ValidationResult("needs best-by, the metric to be patient about", [nameof(Patience)]);
        if (BestBy is not null && EvaluationInterval == 0)
            yield return new ValidationResult("needs evaluation-interval above 0 to be measured", [nameof(BestBy)]);
        if (ClipNorm is not null && ClipValue is not null)
            yield return new ValidationResult("cannot stand beside clip-norm", [nameof(ClipValue)]);
    }
}
