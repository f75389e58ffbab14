using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>Masks of given pixels as tensors.</summary>
internal static class Masks
{
    /// <summary>(H, W), Bool.</summary>
    /// <exception cref="ArgumentException">The mask has another size than the images.</exception>
    public static Tensor Of(bool[,] given, Tensor images)
    {
        ArgumentNullException.ThrowIfNull(given);
        var (height, width) = (given.GetLength(0), given.GetLength(1));
        if (height != images.Size(2) || width != images.Size(3))
            throw new ArgumentException(
                $"the mask is {height}x{width}, the images are {images.Size(2)}x{images.Size(3)}", nameof(given));
        return Tensor.From(given.Cast<bool>().ToArray(), height, width);
    }
}
