using Figment.Data.Images;
using Figment.Models.Adversarial;
using Figment.Models.Adversarial.Game;
using Figment.Nn;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests.Adversarial;

/// <summary>What must hold of the discriminator's restraints to rounding.</summary>
public class RestraintTests : EngineTest
{
    private static readonly float[] Direction = [0.6f, -1.2f, 0.4f, 2f, -0.1f, 0.3f];

    // |w|^2 = 0.36 + 1.44 + 0.16 + 4 + 0.01 + 0.09
    private const double SquaredNorm = 6.06;

    /// <summary>Between zeros and ones a place is its epsilon, pixel by pixel: one number in an image, another in the
    /// next, over the whole of [0, 1].</summary>
    [Fact]
    public void Places_of_the_gradient_penalty_lie_between_by_one_number_an_example() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var places = new List<Tensor>();
        var (real, fake) = (Tensor.Ones([2000, 2, 3, 1]), Tensor.Zeros([2000, 2, 3, 1]));
        new GradientPenalty().Penalty(Seen(places), real, fake, rng, 0);
        var x = Assert.Single(places).Detach().Flatten(1); // (2000, 6)
        Assert.Equal(0, (x - x[.., ..1]).Abs().Max().ToDouble());
        var epsilon = x[.., 0].ToArray<float>();
        Assert.True(epsilon.Distinct().Count() > 1990);
        Assert.InRange(epsilon.Min(), 0, 0.01f);
        Assert.InRange(epsilon.Max(), 0.99f, 1);
        Assert.InRange(epsilon.Average(), 0.47, 0.53);
    });

    /// <summary>A place is e x + (1 - e) G(z) of its own pair.</summary>
    [Fact]
    public void Places_lie_on_the_line_from_each_generated_example_to_its_real_one() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        var places = new List<Tensor>();
        var (real, fake) = (rng.Normal([5, 1, 2, 3]), rng.Normal([5, 1, 2, 3]));
        new GradientPenalty().Penalty(Seen(places), real, fake, rng, 0);
        var share = ((places[0].Detach() - fake) / (real - fake)).Flatten(1); // (5, 6), the same along each row
        Assert.True((share - share[.., ..1]).Abs().Max().ToDouble() < 1e-4);
        Assert.InRange(share.Min().ToDouble(), 0, 1);
        Assert.InRange(share.Max().ToDouble(), 0, 1);
    });

    [Theory]
    [InlineData(10)]
    [InlineData(0.5)]
    public void The_gradient_penalty_of_a_linear_critic_is_that_of_its_norm(double weight) => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        var (real, fake) = (rng.Normal([7, 1, 2, 3]), rng.Normal([7, 1, 2, 3]));
        var penalty = new GradientPenalty { Weight = weight }.Penalty(Linear, real, fake, rng, 3);
        var expected = weight * Math.Pow(Math.Sqrt(SquaredNorm) - 1, 2);
        Assert.Equal(expected, penalty.ToDouble(), 1e-5 * expected);
    });

    /// <summary>Half the squared norm at the real examples, in every sixteenth step and there sixteen times as
    /// strong.</summary>
    [Fact]
    public void R1_of_a_linear_critic_is_half_gamma_times_its_squared_norm() => TensorScope.Run(() =>
    {
        using var rng = new Rng(4);
        var (real, fake) = (rng.Normal([7, 1, 2, 3]), rng.Normal([7, 1, 2, 3]));
        var places = new List<Tensor>();
        double? At(R1Penalty r1, long step) => r1.Penalty(Seen(places), real, fake, rng, step)?.ToDouble();
        var expected = 2.5 * SquaredNorm;
        Assert.Equal(expected, At(new R1Penalty { Gamma = 5 }, 7)!.Value, 1e-5 * expected);
        Assert.True(places[0].Detach().AllClose(real), "R1 is taken at the real examples");
        var lazy = new R1Penalty { Gamma = 5, Interval = 16 };
        for (var step = 0; step < 40; step++)
            if (step % 16 == 0) Assert.Equal(16 * expected, At(lazy, step)!.Value, 1e-4 * expected);
            else Assert.Null(At(lazy, step));
    });

    /// <summary>The slope of a slope: every gradient of a penalised loss against finite differences.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Double_backward_agrees_with_finite_differences(bool gradientPenalty) => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        using var model = new WganGp(new WganGpOptions { Latent = 2, Channels = 3 }, new ImageShape(1, 8, 8), rng);
        IAdversaries players = model;
        var critic = players.Discriminator;
        critic.To(DType.Float64);
        foreach (var parameter in critic.Parameters())
            NoGrad.Run(() => { parameter.MulInPlace(20); }); // its initial slopes are next to nothing
        var real = rng.Normal([3, 1, 8, 8], dtype: DType.Float64);
        var fake = rng.Normal([3, 1, 8, 8], dtype: DType.Float64);
        var epsilon = rng.Uniform([3, 1, 1, 1], dtype: DType.Float64);
        Tensor Score(Tensor x) => players.Discriminate(x, null, rng).Tanh(); // bent, so that each place has its slope
        FiniteDifferences.AssertMatch(critic, () => gradientPenalty
            ? GradientPenalty.Mean(Score, real, fake, epsilon)
            : new R1Penalty { Gamma = 1 }.Penalty(Score, real, fake, rng, 0)!);
    });

    [Fact]
    public void Clipping_cuts_what_is_outside_and_leaves_the_rest() => TensorScope.Run(() =>
    {
        using var rng = new Rng(6);
        using var layer = new Linear(2, 2, rng);
        NoGrad.Run(() =>
        {
            layer.Weight.CopyInPlace(Tensor.From([-3f, 0.02f, 0.5f, -0.1f], 2, 2));
            layer.Bias!.CopyInPlace(Tensor.From([0.11f, 0f], 2));
        });
        new WeightClipping { Limit = 0.1 }.AfterStep(layer);
        Assert.Equal([-0.1f, 0.02f, 0.1f, -0.1f], layer.Weight.ToArray<float>());
        Assert.Equal([0.1f, 0f], layer.Bias!.ToArray<float>());
        Assert.True(layer.Weight.RequiresGrad);
    });

    private static Tensor Linear(Tensor x) => x.Flatten(1).MatMul(Tensor.From(Direction, 6));

    private static Func<Tensor, Tensor> Seen(List<Tensor> places) => x =>
    {
        places.Add(x);
        return Linear(x);
    };
}
