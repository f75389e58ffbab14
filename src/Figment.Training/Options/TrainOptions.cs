using Figment.Data;

namespace Figment.Training.Options;

/// <summary>Options of a model; each model's own record derives from it and is registered under the model's
/// id.</summary>
public abstract record ModelOptions;

/// <summary>Everything that decides a training run: equal options give equal bits on one machine.</summary>
public sealed record TrainOptions
{
    /// <summary>The model and its own options.</summary>
    public required ModelOptions Model { get; init; }

    /// <summary>What it learns from.</summary>
    public DataOptions Data { get; init; } = new();

    /// <summary>How its weights are changed.</summary>
    public OptimizerOptions Optimizer { get; init; } = new AdamOptimizerOptions();

    /// <summary>How long it is trained and what is kept.</summary>
    public PlanOptions Plan { get; init; } = new() { Epochs = 10 };

    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>The format of these options, with the models that may be chosen.</summary>
    /// <param name="models">Each model's id and default options.</param>
    public static OptionFormat Format(params ReadOnlySpan<(string Id, ModelOptions Default)> models) =>
        new(AddTo(new OptionRegistry()).Add("id", models));

    /// <summary>Registers the optimisers and schedules, for other option trees that hold them.</summary>
    public static OptionRegistry AddTo(OptionRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(registry);
        return registry
            .Add<OptimizerOptions>("kind", ("adam", new AdamOptimizerOptions()), ("adamw", new AdamWOptimizerOptions()),
                ("sgd", new SgdOptimizerOptions()), ("rmsprop", new RmsPropOptimizerOptions()),
                ("adagrad", new AdagradOptimizerOptions()))
            .Add<ScheduleOptions>("kind", ("constant", new ConstantScheduleOptions()),
                ("step", new StepScheduleOptions()), ("cosine", new CosineScheduleOptions()),
                ("inverse-square-root", new InverseSquareRootScheduleOptions()));
    }
}
