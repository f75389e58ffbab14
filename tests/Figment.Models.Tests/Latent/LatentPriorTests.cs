using Figment.Models.Distributions;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Latent;

/// <summary>Priors have the moments and the shapes that their options say.</summary>
public class LatentPriorTests : EngineTest
{
    private const int Count = 50_000;

    [Fact]
    public void Gaussian_and_uniform_have_their_moments() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var gaussian = new GaussianPrior { Sigma = 5 }.Sample(Count, 3, rng);
        Assert.Equal([Count, 3], gaussian.Shape.ToArray());
        AssertMoments(gaussian, 0, 5);
        var uniform = new UniformPrior { Bound = 2 }.Sample(Count, 3, rng);
        AssertMoments(uniform, 0, 2 / Math.Sqrt(3));
        Assert.InRange(uniform.Abs().Max().ToDouble(), 1.99, 2);
    });

    [Fact]
    public void Each_Gaussian_of_the_mixture_is_where_its_label_says_and_drawn_out_along_its_radius() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var prior = new MixturePrior { Components = 10, Radius = 4, RadialSigma = 1, TangentialSigma = 0.25 };
        for (var k = 0; k < 10; k++)
        {
            var z = prior.SampleOf(Tensor.Full([Count], k, DType.Int64), rng);
            var (cos, sin) = (Math.Cos(2 * Math.PI * k / 10), Math.Sin(2 * Math.PI * k / 10));
            AssertMoments((cos * z[.., 0]) + (sin * z[.., 1]), 4, 1);
            AssertMoments((cos * z[.., 1]) - (sin * z[.., 0]), 0, 0.25);
        }

        // All of them together have no direction.
        AssertMoments(prior.Sample(Count, 2, rng), 0, Math.Sqrt((16 + 1 + (0.25 * 0.25)) / 2));
    });

    [Fact]
    public void The_swiss_roll_is_a_spiral_of_even_density_and_its_stretches_follow_one_another() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var prior = new SwissRollPrior { Turns = 2, Radius = 5, Sigma = 0, Stretches = 10 };
        var z = prior.Sample(Count, 2, rng);
        var r = z.Square().Sum(1).Sqrt();
        var angle = 2 * Math.PI * 2 / 5 * r;
        Assert.True((z[.., 0] - (r * angle.Cos())).Abs().Max().ToDouble() < 1e-4); // r = R s at the angle 2 pi T s
        Assert.True((z[.., 1] - (r * angle.Sin())).Abs().Max().ToDouble() < 1e-4);
        AssertMoments((r / 5).Square(), 0.5, Math.Sqrt(1.0 / 12)); // s^2 uniform
        for (var k = 0; k < 10; k++)
        {
            var s2 = prior.SampleOf(Tensor.Full([1000], k, DType.Int64), rng).Square().Sum(1) / 25;
            Assert.InRange(s2.Min().ToDouble(), (k / 10.0) - 1e-5, (k / 10.0) + 0.01);
            Assert.InRange(s2.Max().ToDouble(), ((k + 1) / 10.0) - 0.01, ((k + 1) / 10.0) + 1e-5);
        }

        AssertMoments(new SwissRollPrior { Radius = 1e-3, Sigma = 0.5 }.Sample(Count, 2, rng), 0, 0.5);
    });

    [Fact]
    public void A_prior_without_parts_says_so() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        Assert.Equal(0, new GaussianPrior().Parts);
        Assert.Throws<NotSupportedException>(() => new GaussianPrior().SampleOf(Tensor.Zeros([3], DType.Int64), rng));
    });

    // Within five standard errors; of several numbers each.
    private static void AssertMoments(Tensor z, double mean, double deviation)
    {
        var tolerance = 5 * deviation / Math.Sqrt(z.Size(0));
        foreach (var column in z.Rank == 1 ? [z] : z.Unbind(1))
        {
            Assert.Equal(mean, column.Mean().ToDouble(), tolerance);
            Assert.Equal(deviation, column.Std(0).ToDouble(), tolerance);
        }
    }
}
