using System.Globalization;

namespace Figment.Training;

/// <summary>A loss, a gradient or a weight is no longer a finite number.</summary>
internal sealed class DivergedException(string message) : Exception(message)
{
    /// <summary>Throws when a mean is not finite, naming the term and the first weight that has gone bad.</summary>
    public static void ThrowIfNotFinite(IReadOnlyDictionary<string, double> means, long step, TrainingState state)
    {
        var bad = means.Where(m => !double.IsFinite(m.Value)).Select(m => m.Key).ToList();
        if (bad.Count == 0)
            return;
        var weight = state.FirstNotFinite();
        throw new DivergedException(string.Create(CultureInfo.InvariantCulture,
            $"{string.Join(", ", bad.Select(b => $"'{b}'"))} became not finite by step {step}")
            + (weight is null ? "" : $"; so did '{weight}'")
            + ". Resume from the last checkpoint with a lower learning rate or with clipped gradients");
    }
}
