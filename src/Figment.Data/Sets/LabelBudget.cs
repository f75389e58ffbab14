using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>Which images are learned from with their labels, where only few are.</summary>
public static class LabelBudget
{
    /// <summary>Images of a set, drawn class by class in turn, so that no class has more than one image more than
    /// another, as long as it has any left. Always the same ones for a seed; a larger number holds the smaller
    /// ones.</summary>
    /// <param name="whole">The set to choose from, with labels.</param>
    /// <param name="count">How many, 1 to the set's number.</param>
    /// <param name="seed">Draws them.</param>
    /// <exception cref="ArgumentException">The set has no labels, or not so many images.</exception>
    public static ImageSubset Choose(IImageSource whole, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(whole);
        if (!whole.HasLabels) throw new ArgumentException($"{whole.Name} has no labels.", nameof(whole));
        if (count < 1 || count > whole.Count)
            throw new ArgumentException($"{whole.Name} has {whole.Count} images to choose {count} labelled ones from.",
                nameof(count));
        var order = new int[whole.Count];
        CounterRandom.Permute(order, seed, 0);
        var classes = order.GroupBy(whole.Label).OrderBy(images => images.Key)
            .Select(images => new Queue<int>(images)).ToList();
        var chosen = new List<int>(count);
        for (var turn = 0; chosen.Count < count; turn++)
            if (classes[turn % classes.Count].TryDequeue(out var image))
                chosen.Add(image);
        return new ImageSubset($"{whole.Name}, {count} labelled", whole, [.. chosen]);
    }
}
