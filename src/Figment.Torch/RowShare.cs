namespace Figment.Torch;

/// <summary>The rows of a batch that one of several processes works on.</summary>
/// <param name="First">The first of them, from 0.</param>
/// <param name="Count">How many; at least 1.</param>
/// <param name="Total">Rows of the whole batch.</param>
public readonly record struct RowShare(long First, long Count, long Total)
{
    /// <summary>The shares of all processes: as equal as can be, the first ones larger by one.</summary>
    /// <param name="rank">Which process, from 0.</param>
    /// <param name="size">How many processes.</param>
    /// <param name="total">Rows of the whole batch; at least 1.</param>
    /// <returns>
    /// Its rows, and its weight in the batch's mean: its part of the rows. With fewer rows than processes some have
    /// none of their own; they work on the last row with a weight of 0.
    /// </returns>
    public static (RowShare Rows, double Weight) Of(int rank, int size, long total)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(total, 1);
        var (each, rest) = (total / size, total % size);
        var first = (rank * each) + Math.Min(rank, rest);
        var count = each + (rank < rest ? 1 : 0);
        return count > 0
            ? (new RowShare(first, count, total), (double)count / total)
            : (new RowShare(total - 1, 1, total), 0);
    }

    /// <summary>Draws for the whole batch and takes these rows of it.</summary>
    internal Tensor Take(ReadOnlySpan<long> shape, Func<long[], Tensor> draw)
    {
        var all = shape.ToArray();
        var dim = Array.IndexOf(all, Count);
        var (first, count) = (First, Count);
        if (dim < 0)
        {
            if (all.Length == 0 || all[0] == 0 || all[0] % Count != 0) return draw(all);
            var each = all[0] / Count;
            (dim, first, count) = (0, First * each, all[0]);
        }

        all[dim] = Total * (count / Count);
        return TensorScope.Run(() => draw(all).Narrow(dim, first, count).Clone());
    }
}
