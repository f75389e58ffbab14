using Figment.Models.Adversarial.Game;
using Figment.Training.Options;

namespace Figment.Models.Adversarial;

/// <summary>The card of the laboratory.</summary>
internal static class GanLabCard
{
    public static IReadOnlyList<ModelCard> All { get; } =
    [
        new()
        {
            Id = "gan-lab",
            Title = "Laboratory of adversarial games",
            Paper = "L. Metz et al.: Unrolled Generative Adversarial Networks, 2017 (its ring of eight Gaussians)",
            Link = new("https://arxiv.org/abs/1611.02163"),
            Summary = "Points of a line or a plane with a known distribution: the discriminator beside the best one, "
                + "and where it pulls the generator. To see what each loss and restraint does.",
            Family = "Adversarial",
            Example = new(1, 1, 2),
            Defaults = new GanLabOptions(),
            Model = typeof(GanLab),
            Presets =
            [
                new("gan-lab-ring", "Wasserstein with gradient penalty on the ring of 8", "ours", Play("ring-of-8",
                    Wasserstein, penalized), null, "about 3 min"),
                new("gan-lab-ring-collapse", "the same networks, non-saturating at a rate that loses modes", "ours",
                    Play("ring-of-8", new GanLabOptions(), new AdamOptimizerOptions
                    {
                        LearningRate = 0.03,
                        Beta1 = 0.5,
                    }), null, "about 1 min"),
                new("gan-lab-grid", "Wasserstein with gradient penalty on the grid of 25", "ours", Play("grid-of-25",
                    Wasserstein, penalized), null, "about 3 min"),
                new("gan-lab-bumps", "two bumps on a line, non-saturating", "ours", Play("two-bumps",
                    new GanLabOptions { Latent = 2, Generator = [32, 32], Discriminator = [32, 32] },
                    new AdamOptimizerOptions { LearningRate = 5e-4, Beta1 = 0.5 }), null, "about 1 min"),
            ],
            Create = (options, shape, rng) => new GanLab((GanLabOptions)options, shape, rng),
            Train = (options, gan, optimizer) =>
                new AdversarialTask((GanLab)gan, optimizer, ((GanLabOptions)options).Game),
        },
    ];

    private static AdamOptimizerOptions penalized => new() { LearningRate = 6e-3, Beta1 = 0.5, Beta2 = 0.9 };

    private static GanLabOptions Wasserstein => new()
    {
        Game = new GameOptions
        {
            Loss = new WassersteinLoss(),
            Restraint = new GradientPenalty { Weight = 0.1 }, // of the authors' toy programs
            DiscriminatorSteps = 3,
        },
    };

    private static TrainOptions Play(string data, GanLabOptions model, AdamOptimizerOptions optimizer) => new()
    {
        Model = model,
        Data = new() { Source = data },
        Optimizer = optimizer,
        Plan = new()
        {
            Steps = 12_000,
            Batch = 256,
            Schedule = new CosineScheduleOptions { Floor = 0.02 },
            EmaDecay = 0.995,
            EvaluationInterval = 500,
            PreviewInterval = 1_000,
        },
    };
}
