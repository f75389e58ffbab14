using System.ComponentModel.DataAnnotations;
using Figment.Data.Sets;

namespace Figment.Data.Loading;

/// <summary>How a loader walks over its data.</summary>
public sealed record LoaderOptions
{
    /// <summary>Examples in a batch.</summary>
    [Range(1, 65_536)]
    public int BatchSize { get; init; } = 128;

    /// <summary>Decides the order of every epoch and every random choice of the transform.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether each epoch has an order of its own; otherwise the set's order is kept.</summary>
    public bool Shuffle { get; init; } = true;

    /// <summary>Whether a last batch that is not full is left out.</summary>
    public bool DropLast { get; init; }

    /// <summary>Batches prepared ahead.</summary>
    [Range(1, 64)]
    public int Prefetch { get; init; } = 4;

    /// <summary>Which of <see cref="Ranks"/> processes this is, from 0. Each loads its rows of the same
    /// batches.</summary>
    [Range(0, 65_535)]
    public int Rank { get; init; }

    /// <summary>How many processes share each batch.</summary>
    [Range(1, 65_536)]
    public int Ranks { get; init; } = 1;

    /// <summary>What is done to each image.</summary>
    public ImageTransform Transform { get; init; } = new();

    /// <summary>Images with labels, of which every batch has some beside it (<see cref="HostBatch.Labelled"/>): as many
    /// as there are in a batch, or all where there are fewer, in an order of their own. The batches then have
    /// no labels. Null delivers none.</summary>
    public IImageSource? Labelled { get; init; }
}
