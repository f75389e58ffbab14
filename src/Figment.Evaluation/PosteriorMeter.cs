using System.Globalization;
using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>What a variational model's code tells about its images, over a set.</summary>
/// <param name="Kl">KL( q(z_j|x) || N(0, 1) ) of each number of the code, the mean over the images; nats.</param>
/// <param name="ActiveUnits">Numbers whose mean moves with the image: Var_x( E[z_j|x] ) above 0.01 (Burda et al. 2016,
/// section 5.2).</param>
/// <param name="AggregateKl">How far the codes of all images together are from the prior: KL of the normal distribution
/// with their mean and covariance to N(0, I); nats. 0 where their first two moments are the prior's.</param>
public sealed record PosteriorFigures(IReadOnlyList<double> Kl, int ActiveUnits, double AggregateKl)
{
    /// <summary>The share of active numbers below which the code is called collapsed.</summary>
    public const double CollapsedShare = 0.1;

    /// <summary>What went wrong, in plain words and with a cure; null if nothing did.</summary>
    public string? Alarm => ActiveUnits >= CollapsedShare * Kl.Count && ActiveUnits > 0 ? null
        : string.Create(CultureInfo.InvariantCulture,
            $"only {ActiveUnits} of the code's {Kl.Count} numbers tell anything about the image (posterior collapse): "
            + $"train longer, give the code fewer numbers, or weigh the KL less where the model can (model.beta)");
}

/// <summary>Gathers the posteriors of a set, batch by batch, in double precision.</summary>
public sealed class PosteriorMeter
{
    private const double ActiveVariance = 0.01;
    private double[] kl = [], sum = [], variance = [], products = [];
    private long count;

    /// <summary>Adds a batch.</summary>
    /// <param name="mu">Means, (B, J).</param>
    /// <param name="logVar">Logarithms of the variances, (B, J).</param>
    public void Add(Tensor mu, Tensor logVar)
    {
        ArgumentNullException.ThrowIfNull(mu);
        ArgumentNullException.ThrowIfNull(logVar);
        var (m, l) = (mu.To(DType.Float64), logVar.To(DType.Float64));
        Sum(ref kl, -0.5 * (1 + l - m.Square() - l.Exp()).Sum([0]));
        Sum(ref sum, m.Sum([0]));
        Sum(ref variance, l.Exp().Sum([0]));
        Sum(ref products, m.Transpose(0, 1).MatMul(m).Flatten());
        count += mu.Size(0);
    }

    /// <summary>The figures of all that was added.</summary>
    /// <exception cref="InvalidOperationException">Fewer than two posteriors were added.</exception>
    public PosteriorFigures Figures()
    {
        if (count < 2) throw new InvalidOperationException("figures of posteriors need two at least");
        var j = sum.Length;
        // Of the means; the covariance of z adds the posteriors' own variances.
        double Covariance(int a, int b) => (products[(a * j) + b] / count) - (sum[a] / count * (sum[b] / count));
        var active = Enumerable.Range(0, j).Count(a => Covariance(a, a) > ActiveVariance);
        double[] matrix = [.. Enumerable.Range(0, j * j).Select(i =>
            Covariance(i / j, i % j) + (i / j == i % j ? variance[i / j] / count : 0))];
        var logDeterminant = TensorScope.Run(() =>
            Tensor.From<double>(matrix, j, j).LinalgEigh().Eigenvalues.ClampMin(1e-12).Log().Sum().ToDouble());
        var trace = Enumerable.Range(0, j).Sum(a => matrix[(a * j) + a]);
        var length = sum.Sum(s => s / count * (s / count));
        return new PosteriorFigures([.. kl.Select(nats => nats / count)], active,
            0.5 * (trace + length - j - logDeterminant));
    }

    private static void Sum(ref double[] total, Tensor part)
    {
        var numbers = part.ToArray<double>();
        total = total.Length == 0 ? numbers : [.. total.Zip(numbers, (a, b) => a + b)];
    }
}
