using System.ComponentModel.DataAnnotations;
using Figment.Data.Loading;

namespace Figment.Data;

/// <summary>How an image is brought to the wanted size.</summary>
public enum ImageFit
{
    /// <summary>Scaled until it covers the square, then cut to its centre: nothing is distorted, edges are
    /// lost.</summary>
    Cover,

    /// <summary>Each side scaled on its own: nothing is lost, shapes are distorted.</summary>
    Stretch,

    /// <summary>Scaled down if it is too large, never up, and laid in the centre of black: MNIST's 28 into
    /// 32.</summary>
    Pad,
}

/// <summary>Which data a run uses, and how they are prepared.</summary>
public sealed record DataOptions
{
    /// <summary>
    /// A data set's id (<c>mnist</c>), or a path: a folder of pictures (class = sub-folder), a folder of IDX files, an
    /// IDX, <c>.npy</c> or <c>.npz</c> file.
    /// </summary>
    [MinLength(1)]
    public string Source { get; init; } = "mnist";

    /// <summary>Height and width of the images a model sees, in pixels; 0 keeps the data's own.</summary>
    [Range(0, 2048)]
    public int Size { get; init; }

    /// <summary>1 grey, 3 colour; 0 keeps the data's own. Transparency is laid on white.</summary>
    [AllowedValues(0, 1, 3)]
    public int Channels { get; init; }

    /// <summary>How images of another shape are brought to <see cref="Size"/>.</summary>
    public ImageFit Fit { get; init; }

    /// <summary>How bytes become numbers.</summary>
    public Binarization Binarize { get; init; }

    /// <summary>Whether training images are mirrored left to right at random.</summary>
    public bool Flip { get; init; }

    /// <summary>
    /// Images are kept this many pixels larger than <see cref="Size"/>, and each training example is a random window;
    /// in evaluation it is the centre. Needs a size.
    /// </summary>
    [Range(0, 512)]
    public int RandomCrop { get; init; }

    /// <summary>
    /// Images held back from training for validation, taken from its end; -1 takes the set's own, or else a tenth.
    /// </summary>
    [Range(-1, int.MaxValue)]
    public int Validation { get; init; } = -1;

    /// <summary>Images held back for testing where the set has no test part; -1 takes a tenth.</summary>
    [Range(-1, int.MaxValue)]
    public int Test { get; init; } = -1;

    /// <summary>Only this many training images are used, the first ones; 0 uses all.</summary>
    [Range(0, int.MaxValue)]
    public int Limit { get; init; }
}
