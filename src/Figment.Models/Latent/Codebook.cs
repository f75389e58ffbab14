using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Latent;

/// <summary>
/// K vectors e_k, to the nearest of which every code is rounded. They follow the codes by moving averages instead of
/// gradients (van den Oord et al. 2017, appendix A.1; Razavi et al. 2019, equation 3).
/// </summary>
/// <param name="codes">K, how many.</param>
/// <param name="size">D, numbers in each.</param>
/// <param name="rng">Draws the first vectors, uniform in +-1/K; the first update replaces them by codes it
/// sees.</param>
public sealed partial class Codebook(long codes, long size, Rng rng) : Module
{
    /// <summary>A code used less than this share of an even use is taken for dead and put where a code is.</summary>
    private const double DeadShare = 0.03;

    /// <summary>e, (K, D).</summary>
    public Nn.Buffer Vectors { get; } = new(rng.Uniform([codes, size], -1.0 / codes, 1.0 / codes));

    /// <summary>N, how often each was used, a moving average; (K). All 0 before the first update.</summary>
    public Nn.Buffer Counts { get; } = new(Tensor.Zeros([codes]));

    /// <summary>m, the sum of the codes rounded to each, a moving average; (K, D).</summary>
    public Nn.Buffer Sums { get; } = new(Tensor.Zeros([codes, size]));

    /// <summary>The nearest vector's number: k = argmin_j ||z - e_j|| (equation 1 of 2017).</summary>
    /// <param name="z">(B, D, H, W)</param>
    /// <returns>(B, H, W), Int64</returns>
    public Tensor Nearest(Tensor z)
    {
        var flat = z.Detach().Permute(0, 2, 3, 1).Reshape(-1, size); // (B H W, D)
        // ||z||^2 is the same for every j.
        var distance = Vectors.Square().Sum(1).AddMM(flat, Vectors.Transpose(0, 1), alpha: -2);
        return distance.ArgMin(1).View(z.Size(0), z.Size(2), z.Size(3));
    }

    /// <summary>The vectors of numbers.</summary>
    /// <param name="k">(B, H, W), Int64</param>
    /// <returns>(B, D, H, W)</returns>
    public Tensor Lookup(Tensor k) => Ops.Embedding(Vectors, k).Permute(0, 3, 1, 2);

    /// <summary>Rounds codes to their nearest vectors.</summary>
    /// <param name="z">(B, D, H, W)</param>
    public RoundedCodes Round(Tensor z)
    {
        var k = Nearest(z);
        return new(z, k, Lookup(k));
    }

    /// <summary>e as the value, z's gradient: the decoder's gradient goes straight through the rounding.</summary>
    public static Tensor StraightThrough(Tensor z, Tensor e) => z + (e - z).Detach();

    /// <summary>
    /// One step of the moving averages: N &lt;- g N + (1 - g) n, m &lt;- g m + (1 - g) sum z, e = m / N. Dead codes
    /// move to codes drawn from the batch, and those that were never used stay if none is revived.
    /// </summary>
    /// <param name="z">What was rounded, (B, D, H, W).</param>
    /// <param name="k">What to, (B, H, W).</param>
    /// <param name="decay">g</param>
    /// <param name="rng">Draws the places of dead codes; null revives none.</param>
    /// <returns>How many codes were dead, and the perplexity of the batch's codes: exp of their entropy, K where all
    /// are used alike.</returns>
    public (Tensor Dead, Tensor Perplexity) Update(Tensor z, Tensor k, double decay, Rng? rng) => NoGrad.Run(() =>
    {
        var flat = z.Detach().Permute(0, 2, 3, 1).Reshape(-1, size); // (n, D)
        var used = k.Flatten().BinCount(minlength: codes).To(flat.DType); // (K)
        Counts.MulInPlace(decay).AddInPlace(used * (1 - decay));
        Sums.MulInPlace(decay).IndexAddInPlace(0, k.Flatten(), flat, 1 - decay);
        var even = Counts.Mean();
        var dead = (Counts < even * DeadShare).To(flat.DType); // (K)
        if (rng is not null)
        {
            // A revived code counts as evenly used: it has time to prove itself before it can die again.
            var places = flat.IndexSelect(0, rng.Integers(0, flat.Size(0), [codes])); // (K, D)
            Counts.AddInPlace(dead * (even - Counts));
            Sums.AddInPlace(dead.Unsqueeze(1) * ((places * even) - Sums));
        }

        var known = (Counts > 0).Unsqueeze(1); // what was never used stays where it is
        Vectors.CopyInPlace(Ops.Where(known, Sums / Counts.ClampMin(1e-10).Unsqueeze(1), Vectors));
        var p = used / used.Sum();
        return (dead.Sum(), (-(p * (p + 1e-10).Log()).Sum()).Exp());
    });
}

/// <summary>A grid of codes and what it was rounded to.</summary>
/// <param name="Z">The codes, (B, D, H, W).</param>
/// <param name="K">The numbers of the nearest vectors, (B, H, W).</param>
/// <param name="E">Those vectors, without a gradient, (B, D, H, W).</param>
public sealed record RoundedCodes(Tensor Z, Tensor K, Tensor E)
{
    /// <summary>|| z - sg[e] ||^2, a mean over the codes.</summary>
    public Tensor Commitment => (Z - E).Square().Sum(1).Mean();

    /// <summary>e as the value, z's gradient.</summary>
    public Tensor StraightThrough() => Codebook.StraightThrough(Z, E);
}
