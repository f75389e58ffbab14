using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Models.Density;
using Figment.Models.Distributions;
using Figment.Models.Latent;
using Figment.Models.Recognition;
using Figment.Training.Options;

namespace Figment.Models;

/// <summary>Every model, by hand: a new model is a new line in its family's list.</summary>
public static class Catalog
{
    public static IReadOnlyList<ModelCard> Cards { get; } =
        [.. LatentCards.All, .. AutoencoderCards.All, .. AdversarialAutoencoderCards.All, .. VectorQuantizedCards.All,
            .. GanCards.All, .. GanLabCard.All, .. ConditionalGanCards.All, .. ResidualGanCards.All,
            .. DensityCards.All, .. PixelCnnCards.All, .. PixelRnnCards.All, .. RecognitionCards.All];

    public static IReadOnlyList<Preset> Presets { get; } = [.. Cards.SelectMany(c => c.Presets)];

    /// <summary>How a run's whole configuration is read, written and described.</summary>
    public static OptionFormat Options { get; } = new(TrainOptions.AddTo(new OptionRegistry())
        .Add<PixelDistribution>("kind", ("bernoulli", new BernoulliPixels()), ("gaussian", new GaussianPixels()),
            ("learned-gaussian", new LearnedGaussianPixels()), ("discretized-logistic", new LogisticPixels()))
        .Add<LatentPrior>("kind", ("gaussian", new GaussianPrior()), ("uniform", new UniformPrior()),
            ("mixture", new MixturePrior()), ("swiss-roll", new SwissRollPrior()))
        .Add<ReconstructionLoss>("kind", ("squared-error", new SquaredErrorLoss()),
            ("cross-entropy", new CrossEntropyLoss()))
        .Add<Corruption>("kind", ("none", new NoCorruption()), ("gaussian", new GaussianCorruption()),
            ("masking", new MaskingCorruption()))
        .Add<AdversarialLoss>("kind", ("non-saturating", new NonSaturatingLoss()), ("minimax", new MinimaxLoss()),
            ("least-squares", new LeastSquaresLoss()), ("hinge", new HingeLoss()),
            ("wasserstein", new WassersteinLoss()))
        .Add<Restraint>("kind", ("none", new NoRestraint()), ("gradient-penalty", new GradientPenalty()),
            ("r1", new R1Penalty()), ("weight-clipping", new WeightClipping()))
        .Add<Augmentation>("kind", ("none", new NoAugmentation()),
            ("differentiable", new DifferentiableAugmentation()), ("adaptive", new AdaptiveAugmentation()))
        .Add<ModelOptions>("id", [.. Cards.Select(c => (c.Id, c.Defaults))]));

    /// <summary>The card whose options these are.</summary>
    /// <exception cref="ArgumentException">No card has options of this type.</exception>
    public static ModelCard CardOf(ModelOptions options) =>
        Cards.FirstOrDefault(c => c.Defaults.GetType() == options.GetType())
        ?? throw new ArgumentException($"no model has options of type {options.GetType().Name}", nameof(options));
}
