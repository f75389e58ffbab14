using Figment.Torch;

namespace Figment.Models.Distributions;

/// <summary>
/// A logistic distribution over levels (Salimans et al. 2017, section 2.1): the probability of a level is what the
/// distribution has within half a level of it, and the first and last level take the tails.
/// </summary>
/// <remarks>
/// With mean m, scale s and half a level d, a level x has sigmoid((x - m + d) / s) - sigmoid((x - m - d) / s). Its
/// logarithm is computed without cancellation from sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)):
/// neither a floor nor an approximation is needed for narrow distributions, and probabilities sum to one.
/// </remarks>
internal static class DiscretizedLogistic
{
    /// <summary>The log-probability of each level.</summary>
    /// <param name="level">The levels' numbers, of a shape that broadcasts against the others.</param>
    /// <param name="levels">How many there are.</param>
    /// <param name="middle">(x - m) / s</param>
    /// <param name="half">d / s</param>
    /// <returns>Nats, of the shape of <paramref name="middle"/>.</returns>
    public static Tensor LogProbabilities(Tensor level, PixelLevels levels, Tensor middle, Tensor half)
    {
        var (isFirst, isLast) = (level.Eq(0), level.Eq(levels.Count - 1));
        var upper = -(-middle - half).SoftPlus(); // log sigmoid of the upper end: 1 for the last level
        var lower = -(middle - half).SoftPlus(); // log (1 - sigmoid) of the lower end: 1 for the first level
        var between = (-(-2 * half).Expm1()).Log(); // log (1 - exp(b - a)): only where there are two ends
        return upper.MaskedFill(isLast, 0) + lower.MaskedFill(isFirst, 0) + between.MaskedFill(isFirst | isLast, 0);
    }
}
