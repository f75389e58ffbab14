using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>Mean log-likelihoods over a data set.</summary>
public static class Likelihood
{
    /// <summary>The mean of a score and its standard error, over every example of a set once.</summary>
    /// <param name="source">The examples.</param>
    /// <param name="transform">How bytes become numbers; only its binarisation is random here.</param>
    /// <param name="batchSize">Examples scored at once, at least 1.</param>
    /// <param name="seed">Decides the binarisation.</param>
    /// <param name="score">Images (B, C, H, W) to nats (B).</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="InvalidOperationException">The set is empty, or a score is not finite; the message names the
    /// example.</exception>
    public static Estimate Mean(IImageSource source, ImageTransform transform, int batchSize, ulong seed,
        Func<Tensor, Tensor> score, CancellationToken cancellation = default) =>
        Mean(source, transform, batchSize, seed, score, Device.Cpu, cancellation);

    /// <summary>As the other, with the images on a device.</summary>
    public static Estimate Mean(IImageSource source, ImageTransform transform, int batchSize, ulong seed,
        Func<Tensor, Tensor> score, Device device, CancellationToken cancellation = default) =>
        Estimate.Of(Scores(source, transform, batchSize, seed, score, device, cancellation));

    /// <summary>The score of every example of a set, in the set's order, with the images on a device.</summary>
    public static double[] Scores(IImageSource source, ImageTransform transform, int batchSize, ulong seed,
        Func<Tensor, Tensor> score, Device device, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(score);
        return ScoresOf(source, transform, batchSize, seed, batch => score(batch.Images), device, cancellation);
    }

    /// <summary>As the other, of scores that need the labels too.</summary>
    public static double[] ScoresOf(IImageSource source, ImageTransform transform, int batchSize, ulong seed,
        Func<Batch, Tensor> score, Device device, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(score);
        if (source.Count == 0)
            throw new InvalidOperationException($"{source.Name} is empty: there is nothing to evaluate.");
        using var loader = DataLoader.Sequential(source, batchSize, transform, seed);
        var scores = new List<double>(source.Count);
        foreach (var host in loader.RestOfEpoch(cancellation))
        {
            var nats = TensorScope.Run(() =>
                NoGrad.Run(() => score(Batch.From(host, device)).To(DType.Float64).ToArray<double>()));
            if (nats.Length != host.Count)
                throw new InvalidOperationException($"{nats.Length} scores for {host.Count} examples");
            for (var i = 0; i < nats.Length; i++)
                if (!double.IsFinite(nats[i]))
                    throw new InvalidOperationException(
                        $"The score of example {host.Indices[i]} of {source.Name} is {nats[i]}.");
            scores.AddRange(nats);
        }

        return [.. scores];
    }
}

/// <summary>A mean, its standard error, and the number of examples behind it.</summary>
public readonly record struct Estimate(double Mean, double StandardError, int Count)
{
    /// <summary>The estimate from all values.</summary>
    public static Estimate Of(ReadOnlySpan<double> values)
    {
        var mean = new RunningMean();
        foreach (var value in values) mean.Add(value);
        return new Estimate(mean.Mean, mean.StandardError, mean.Count);
    }

    /// <summary>A log-likelihood in nats as bits a dimension: -nats / (n ln 2), the length of an ideal code. Less is
    /// better.</summary>
    /// <param name="dimensions">n, the numbers in one example.</param>
    public Estimate ToBitsPerDimension(int dimensions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimensions, 1);
        return new Estimate(-Mean / (dimensions * Math.Log(2)), StandardError / (dimensions * Math.Log(2)), Count);
    }
}

/// <summary>Mean and variance in one pass (Welford 1962), in double precision.</summary>
public sealed class RunningMean
{
    private double squares;

    public int Count { get; private set; }

    public double Mean { get; private set; }

    /// <summary>Of the mean: the standard deviation over the square root of the count; NaN below two values.</summary>
    public double StandardError => Count > 1 ? Math.Sqrt(squares / (Count - 1) / Count) : double.NaN;

    public void Add(double value)
    {
        Count++;
        var distance = value - Mean;
        Mean += distance / Count;
        squares += distance * (value - Mean);
    }
}
