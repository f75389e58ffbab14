using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>
/// p(x) = sum_m w_m p_m(x): several densities averaged, as for classes, for masks and for orders. What each pixel adds
/// to log p(x).
/// </summary>
internal static class DensityMixture
{
    /// <summary>The exact conditionals of a mixture whose parts go through the pixels in the same order:
    /// p(x_d | x before d) = sum_m w_m p_m(x up to d) / sum_m w_m p_m(x before d).</summary>
    /// <param name="logs">(M, B, D) in the order: log p_m(x_d | x before d).</param>
    /// <returns>(B, D), nats, in the order.</returns>
    public static Tensor InOneOrder(Tensor logs)
    {
        if (logs.Size(0) == 1) return logs.Select(0, 0);
        var mixed = logs.CumSum(2).LogSumExp(0) - Math.Log(logs.Size(0)); // (B, D): log p(x_1, ..., x_d)
        return mixed.Diff(dim: 1, prepend: Tensor.Zeros([mixed.Size(0), 1], mixed.DType));
    }

    /// <summary>Parts with orders of their own have no conditionals in common: a pixel's share is the mean of the
    /// parts' by their weight given x, and what the average of densities adds is spread evenly, so that shares sum to
    /// log p(x).</summary>
    /// <param name="logs">(M, B, D) in the images' places: log p_m(x_d | those before it in m's order).</param>
    /// <returns>(B, D), nats.</returns>
    public static Tensor AcrossOrders(Tensor logs)
    {
        if (logs.Size(0) == 1) return logs.Select(0, 0);
        var each = logs.Sum(2); // (M, B)
        var total = each.LogSumExp(0) - Math.Log(logs.Size(0)); // (B)
        var shares = (each.Softmax(0).Unsqueeze(2) * logs).Sum(0); // (B, D)
        return shares + ((total - shares.Sum(1)) / logs.Size(2)).Unsqueeze(1);
    }

    /// <summary>Draws one part for each example from its weight given what is known.</summary>
    /// <param name="logs">(M, B): log p_m(known).</param>
    /// <returns>(B), Int64.</returns>
    public static Tensor DrawPart(Tensor logs, Rng rng) => LevelDraws.Draw(logs.Softmax(0).T(), rng);

    /// <summary>Draws each row from a part of its own, all rows of a part together.</summary>
    /// <param name="parts">(B), Int64: which part, 0 to <paramref name="count"/> - 1.</param>
    /// <param name="start">(B, D)</param>
    /// <param name="draw">Takes the part and its rows of <paramref name="start"/>, and answers as many.</param>
    /// <returns>(B, D), in the order of <paramref name="start"/>.</returns>
    public static Tensor DrawEach(Tensor parts, int count, Tensor start, Func<int, Tensor, Tensor> draw)
    {
        if (count == 1) return draw(0, start);
        var sorted = parts.ArgSort();
        var (rows, sizes) = (start.IndexSelect(0, sorted), parts.BinCount(minlength: count).ToArray<long>());
        var (drawn, from) = (new List<Tensor>(), 0L);
        for (var m = 0; m < count; from += sizes[m++])
            if (sizes[m] > 0) drawn.Add(draw(m, rows.Narrow(0, from, sizes[m])));
        return Ops.Cat([.. drawn]).IndexSelect(0, sorted.ArgSort());
    }
}

/// <summary>Draws of discrete values by their cumulative probabilities: one uniform number each.</summary>
internal static class LevelDraws
{
    /// <param name="probabilities">(..., K)</param>
    /// <returns>(...), Int64, 0 to K - 1.</returns>
    public static Tensor Draw(Tensor probabilities, Rng rng)
    {
        var cumulative = probabilities.CumSum(-1); // the last is 1 but for rounding
        var u = rng.Uniform(probabilities.Shape[..^1], dtype: probabilities.DType).Unsqueeze(-1);
        return (cumulative <= u).Sum([-1]).Clamp(0, probabilities.Size(-1) - 1);
    }
}
