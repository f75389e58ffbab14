using Figment.Models.Latent;

namespace Figment.Models;

/// <summary>Every model, by hand: a new model is a new line in its family's list.</summary>
public static class Catalog
{
    public static IReadOnlyList<ModelCard> Cards { get; } = [.. LatentCards.All];

    public static IReadOnlyList<Preset> Presets { get; } = [.. Cards.SelectMany(c => c.Presets)];
}
