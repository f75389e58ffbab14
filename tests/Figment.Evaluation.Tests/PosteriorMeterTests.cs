using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Evaluation.Tests;

public class PosteriorMeterTests : EngineTest
{
    [Fact]
    public void Figures_are_those_of_their_definitions_in_any_batches() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var mu = rng.Normal([1000, 3]) * Tensor.From<float>([1.5f, 0.5f, 0.01f], 3) + Tensor.From<float>([0.3f, 0, 0], 3);
        var logVar = rng.Normal([1000, 3]) * 0.2 - 1;
        var (whole, parts) = (new PosteriorMeter(), new PosteriorMeter());
        whole.Add(mu, logVar);
        parts.Add(mu[..300], logVar[..300]);
        parts.Add(mu[300..], logVar[300..]);
        var figures = whole.Figures();
        Assert.Equal(figures.Kl, parts.Figures().Kl, (a, b) => Math.Abs(a - b) < 1e-9);
        Assert.Equal(figures.AggregateKl, parts.Figures().AggregateKl, 1e-9);

        Assert.Equal(2, figures.ActiveUnits);
        Assert.Null(figures.Alarm);
        var (m, l) = (mu.ToArray<float>(), logVar.ToArray<float>());
        for (var j = 0; j < 3; j++)
            Assert.Equal(Enumerable.Range(0, 1000).Average(i => 0.5 * (Math.Exp(l[(i * 3) + j]) + (m[(i * 3) + j] * m[(i * 3) + j]) - 1 - l[(i * 3) + j])),
                figures.Kl[j], 1e-6);
        // The moments of z = mu + sigma epsilon by drawing.
        var z = (mu.Unsqueeze(0) + ((0.5 * logVar).Exp() * rng.Normal([500, 1000, 3]))).Reshape(-1, 3).To(DType.Float64);
        var mean = z.Mean([0]);
        var covariance = (z - mean).Transpose(0, 1).MatMul(z - mean) / z.Size(0);
        var drawn = 0.5 * (covariance.Trace().ToDouble() + mean.Square().Sum().ToDouble() - 3 - covariance.LinalgEigh().Eigenvalues.Log().Sum().ToDouble());
        Assert.Equal(drawn, figures.AggregateKl, 0.02 * drawn);
    });

    [Fact]
    public void A_code_that_is_the_prior_for_every_image_raises_the_alarm() => TensorScope.Run(() =>
    {
        var meter = new PosteriorMeter();
        meter.Add(Tensor.Zeros([50, 20]), Tensor.Zeros([50, 20]));
        var figures = meter.Figures();
        Assert.Equal((0, 0), (figures.ActiveUnits, Math.Round(figures.AggregateKl, 9)));
        Assert.Contains("only 0 of the code's 20 numbers", figures.Alarm);
        Assert.Throws<InvalidOperationException>(() => new PosteriorMeter().Figures());
    });
}
