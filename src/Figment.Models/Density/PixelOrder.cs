using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>The order in which an autoregressive model visits the pixels of an image.</summary>
public enum PixelOrder
{
    /// <summary>Row by row from the top, each from the left.</summary>
    Raster,

    /// <summary>Row by row from the top, the odd rows from the right, so that neighbours in the order touch.</summary>
    Snake,

    /// <summary>A random order, fixed when the model is made.</summary>
    Random,
}

/// <summary>Orders as permutations.</summary>
public static class PixelOrders
{
    /// <summary>The visited positions, first to last: entry i is the raster index (row * width + column) of the i-th
    /// pixel.</summary>
    /// <param name="order">Which order.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="width">Columns, at least 1.</param>
    /// <param name="rng">Draws the random order; the others do not touch it.</param>
    public static long[] Positions(this PixelOrder order, int height, int width, Rng rng)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        return order switch
        {
            PixelOrder.Raster => [.. Enumerable.Range(0, height * width).Select(i => (long)i)],
            PixelOrder.Snake => [.. Enumerable.Range(0, height * width).Select(i =>
                (i / width % 2 == 0) ? (long)i : ((i / width) + 1L) * width - 1 - (i % width))],
            PixelOrder.Random => rng.Permutation((long)height * width).ToArray<long>(),
            _ => throw new ArgumentOutOfRangeException(nameof(order), order, "choose raster, snake or random"),
        };
    }
}
