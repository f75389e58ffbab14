using Figment.Data.Images;
using Figment.Data.Loading;

namespace Figment.Data.Catalog;

/// <summary>How a card's files become images.</summary>
public enum DataLayout
{
    /// <summary>IDX images and labels.</summary>
    Idx,

    /// <summary>CIFAR's binary records: a label byte, then the planes R, G, B.</summary>
    Cifar,

    /// <summary>Tar archives of JPEG pictures, <c>class/name.jpg</c>.</summary>
    JpegTar,

    /// <summary>Zip archives with photographs in <c>image/</c>, from which patches are cut.</summary>
    PhotoPatches,

    /// <summary>Three images of <see cref="Idx"/> drawn for each example, as its channels R, G and B.</summary>
    StackedDigits,

    /// <summary>Points of a line or a plane, drawn from a known distribution: no files.</summary>
    Points,

    /// <summary>One sheet with every picture, and a list of their places, names and categories.</summary>
    EmojiSheet,
}

/// <summary>The files of one part of a data set.</summary>
/// <param name="Images">The file with the images.</param>
/// <param name="Labels">The file with the labels; null when there is none, or it is the same.</param>
/// <param name="Patches">Patches cut from each photograph, for <see cref="DataLayout.PhotoPatches"/>.</param>
public sealed record DataPart(string Images, string? Labels = null, int Patches = 0)
{
    /// <summary>Further files of images, read after the first.</summary>
    public IReadOnlyList<string> Also { get; init; } = [];

    /// <summary>Examples that are made, for the layouts that make them.</summary>
    public int Examples { get; init; }
}

/// <summary>What is known about a data set: where it comes from, what is in it, on which terms.</summary>
public sealed record DataCard : FileCard
{
    internal override string Noun => "data set";

    /// <summary>The shape of an image.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>How the files become images.</summary>
    public DataLayout Layout { get; init; }

    /// <summary>The classes' names, by label; empty without labels.</summary>
    public IReadOnlyList<string> ClassNames { get; init; } = [];

    /// <summary>The training part, or everything where the set has no parts of its own.</summary>
    public required DataPart Train { get; init; }

    /// <summary>The set's own validation part; null takes one from the end of the training part.</summary>
    public DataPart? Validation { get; init; }

    /// <summary>The set's own test part; null takes one from the end.</summary>
    public DataPart? Test { get; init; }

    /// <summary>Whether images must be shuffled before parts are cut, because their order is by class.</summary>
    public bool Ordered { get; init; }

    /// <summary>Whether stored values are 0 and 1 and stand for black and white.</summary>
    public bool StoredAsBits { get; init; }

    /// <summary>Whether examples are real numbers and no pictures: points, or patches that are dequantised and whose
    /// mean is taken away, so that an image of n values becomes n - 1 numbers.</summary>
    public bool RealValued => Layout is DataLayout.PhotoPatches or DataLayout.Points;

    /// <summary>What the loader must do with the bytes to give the set's examples; binarisation and augmentation may be
    /// added where they are pictures.</summary>
    public ImageTransform Transform => Layout switch
    {
        DataLayout.PhotoPatches => new() { Dequantize = true, RemoveMean = true },
        DataLayout.Points => new() { AreNumbers = true },
        _ => new(),
    };
}
