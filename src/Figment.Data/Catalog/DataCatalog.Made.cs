using Figment.Data.Images;

namespace Figment.Data.Catalog;

/// <summary>The sets that are composed of others or computed.</summary>
public static partial class DataCatalog
{
    private const string NoTerms = "computed; no rights in it";

    private static DataCard StackedMnist()
    {
        var digits = Mnist();
        return digits with
        {
            Id = "stacked-mnist",
            Of = digits.Id,
            Title = "Stacked MNIST",
            Description = "Three MNIST digits drawn at random as the channels R, G and B, 28x28; the class is the "
                + "number that they write, 000 to 999. 128,000 training pictures of the 60,000 training digits, 12,800 "
                + "validation pictures of the same digits in other draws, 26,000 test pictures of the 10,000 test "
                + "digits; the draws are fixed.",
            Citation = "L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein: Unrolled generative adversarial networks, "
                + "ICLR 2017",
            Layout = DataLayout.StackedDigits,
            Shape = digits.Shape with { Channels = 3 },
            ClassNames = [.. Enumerable.Range(0, 1000).Select(label => $"{label:000}")],
            Train = digits.Train with { Examples = 128_000 },
            Validation = digits.Train with { Examples = 12_800 },
            Test = digits.Test! with { Examples = 26_000 },
        };
    }

    private static DataCard[] PointCards() =>
    [
        Points("ring-of-8", 2, "Ring of eight Gaussians", "Points of a plane: eight Gaussians of standard deviation "
            + "0.02 on a circle of radius 2, as likely each.", "L. Metz, B. Poole, D. Pfau, J. Sohl-Dickstein: "
            + "Unrolled generative adversarial networks, ICLR 2017", new("https://arxiv.org/abs/1611.02163"), 8),
        Points("grid-of-25", 2, "Grid of 25 Gaussians", "Points of a plane: five by five Gaussians of standard "
            + "deviation 0.05 at distances of 2, from -4 to 4, as likely each.", "A. Srivastava, L. Valkov, C. "
            + "Russell, M. Gutmann, C. Sutton: VEEGAN: Reducing mode collapse in GANs using implicit variational "
            + "learning, NIPS 2017", new("https://arxiv.org/abs/1705.07761"), 25),
        Points("spiral", 2, "Two spiral arms", "Points of a plane: two arms of one and a half turns to a radius of 3, "
            + "as dense everywhere, with noise of standard deviation 0.08. The class is the arm.",
            "ours, after the two spirals of W. Grathwohl, R. Chen, J. Bettencourt, I. Sutskever, D. Duvenaud: FFJORD, "
            + "ICLR 2019", new("https://arxiv.org/abs/1810.01367"), 2),
        Points("swiss-roll", 2, "Swiss roll", "Points of a plane: t (cos t, sin t) with t from 3/2 pi to 9/2 pi and "
            + "noise of standard deviation 0.25, all over 7.5. No classes.", "I. Gulrajani, F. Ahmed, M. Arjovsky, V. "
            + "Dumoulin, A. Courville: Improved training of Wasserstein GANs, NIPS 2017",
            new("https://arxiv.org/abs/1704.00028"), 0),
        Points("two-bumps", 1, "Two bumps", "Points of a line: two Gaussians of standard deviation 0.4 around -1.5 and "
            + "1.5, as likely each.", "ours, in the manner of figure 1 of I. Goodfellow et al.: Generative adversarial "
            + "nets, NIPS 2014", new("https://arxiv.org/abs/1406.2661"), 2),
    ];

    private static DataCard Points(string id, int dimensions, string title, string description, string citation,
        Uri home, int classes) => new()
        {
            Id = id,
            Title = title,
            Description = description + " 100,000 points for training, 10,000 for validation, 20,000 for testing.",
            Citation = citation,
            Licence = NoTerms,
            HomePage = home,
            Layout = DataLayout.Points,
            Shape = new(1, 1, dimensions * sizeof(float)),
            ClassNames = [.. Enumerable.Range(0, classes).Select(label => $"{label}")],
            Train = new("") { Examples = 100_000 },
            Validation = new("") { Examples = 10_000 },
            Test = new("") { Examples = 20_000 },
            Files = [],
        };
}
