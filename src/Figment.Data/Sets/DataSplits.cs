using Figment.Data.Images;
using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>The part of a data set.</summary>
public enum Split
{
    /// <summary>What models learn from.</summary>
    Train,

    /// <summary>What choices (early stopping, best checkpoint) are made on.</summary>
    Validation,

    /// <summary>What results are reported on.</summary>
    Test,
}

/// <summary>A data set in its three parts, ready to load.</summary>
public sealed record DataSplits
{
    /// <summary>The data set's name: a card's id, or the folder or file it came from.</summary>
    public required string Name { get; init; }

    /// <summary>The part models learn from; never empty.</summary>
    public required IImageSource Train { get; init; }

    /// <summary>The part choices are made on; may be empty.</summary>
    public required IImageSource Validation { get; init; }

    /// <summary>The part results are reported on; may be empty.</summary>
    public required IImageSource Test { get; init; }

    /// <summary>How the parts were made, as a sentence for reports.</summary>
    public required string Rule { get; init; }

    /// <summary>What the user should know, such as files that were skipped and why; empty when there is
    /// nothing.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What the loader does to training images.</summary>
    public ImageTransform Transform { get; init; } = new();

    /// <summary>Whether the set's terms allow research use only.</summary>
    public bool ResearchOnly { get; init; }

    /// <summary>The shape of the images that the loader gives.</summary>
    public ImageShape Shape => Transform.OutputShape(Train.Shape);

    /// <summary>The classes' names, by label; empty without labels.</summary>
    public IReadOnlyList<string> ClassNames => Train.ClassNames;

    /// <summary>How pixels become numbers, for protocols: none, dynamic, threshold, static for a set of 0 and 255,
    /// dequantised for patches, or real numbers for points.</summary>
    public string BinarizationName => Transform.AreNumbers ? "real numbers" : Transform.Dequantize
        ? Transform.RemoveMean ? "dequantised, mean removed" : "dequantised"
        : Transform.Binarization switch
        {
            Binarization.Dynamic => "dynamic",
            Binarization.Threshold => "threshold",
            _ => Train.IsBinary ? "static" : "none",
        };

    /// <summary>One part by name.</summary>
    /// <param name="split">Which.</param>
    public IImageSource this[Split split] => split switch
    {
        Split.Train => Train,
        Split.Validation => Validation,
        _ => Test,
    };
}
