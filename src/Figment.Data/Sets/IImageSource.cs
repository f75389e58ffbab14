using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>Images of one shape in host memory, with or without class labels. Safe to read from any thread.</summary>
public interface IImageSource
{
    /// <summary>What the set is called in reports, such as <c>mnist/train</c>.</summary>
    string Name { get; }

    /// <summary>How many images there are.</summary>
    int Count { get; }

    /// <summary>The shape of every image.</summary>
    ImageShape Shape { get; }

    /// <summary>Whether every image has a class.</summary>
    bool HasLabels { get; }

    /// <summary>The classes' names, by label; empty without labels.</summary>
    IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether every value is 0 or 255, as in a statically binarised set.</summary>
    bool IsBinary { get; }

    /// <summary>SHA-256 over shape, class names, labels and pixels, in lower-case hexadecimal.</summary>
    string ContentHash { get; }

    /// <summary>One image: planes of rows, <c>Shape.Length</c> bytes, 0 black to 255 white.</summary>
    /// <param name="index">0 to Count - 1.</param>
    ReadOnlySpan<byte> Pixels(int index);

    /// <summary>The class of an image, or -1 without labels.</summary>
    /// <param name="index">0 to Count - 1.</param>
    int Label(int index);

    /// <summary>What an image shows, in a few words, or null where the set does not say.</summary>
    /// <param name="index">0 to Count - 1.</param>
    string? Caption(int index) => null;
}
