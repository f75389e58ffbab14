using Figment.Data.Images;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>What must hold of the vector-quantised autoencoder to rounding.</summary>
public class VqVaeExactnessTests : EngineTest
{
    private static readonly VqVaeOptions Small = new()
    {
        Codes = 16,
        CodeSize = 4,
        Channels = 8,
        Blocks = 1,
        BlockChannels = 4,
        PriorLayers = 2,
        PriorChannels = 6,
    };

    private static VqVae Tiny(Rng rng, int classes = 0) => new(Small with { Codes = 3, Classes = classes }, new ImageShape(1, 8, 8), rng);

    /// <summary>tests/golden/vqvae.py.</summary>
    [Fact]
    public void First_ten_losses_gradients_and_the_codebook_are_those_of_PyTorch() => TensorScope.Run(() =>
    {
        var golden = GoldenFile.Open("vqvae");
        using var rng = new Rng(0);
        using var model = new VqVae(Small, new ImageShape(1, 16, 16), rng);
        var (net, codebook) = (model.Autoencoder, model.Autoencoder.Codebook);
        var parameters = net.Parameters().ToList();
        NoGrad.Run(() => TensorScope.Run(() =>
        {
            for (var i = 0; i < parameters.Count; i++)
            {
                var fan = parameters[i].Rank > 1 ? (double)parameters[i].Count / parameters[i].Size(0) : 64;
                var bound = Math.Pow(2, -Math.Ceiling(Math.Log2(Math.Sqrt(fan))));
                parameters[i].CopyInPlace(GoldenNumbers.Uniform((uint)(310 + i), parameters[i].Shape.ToArray(), -bound, bound));
            }

            var vectors = GoldenNumbers.Uniform(300, [16, 4], -1, 1);
            codebook.Vectors.CopyInPlace(vectors);
            codebook.Sums.CopyInPlace(vectors);
            codebook.Counts.FillInPlace(1);
        }));
        using var adam = new Adam(net, 1e-2);
        for (var step = 0; step < 10; step++)
        {
            TensorScope.Run(() =>
            {
                var x = GoldenNumbers.Uniform((uint)(350 + step), [8, 1, 16, 16]);
                var (logPxz, codes) = model.Terms(x);
                var (zE, k) = (codes.Z, codes.K);
                var commitment = codes.Commitment;
                var loss = (0.25 * commitment) - (logPxz.Mean() / 256);
                adam.ZeroGrad();
                loss.Backward();
                Assert.Equal(golden.Doubles["losses"][step], loss.ToDouble(), 1e-4);
                Assert.Equal(golden.Doubles["commitments"][step], commitment.ToDouble(), 1e-5);
                if (step == 0)
                {
                    Assert.Equal(golden.Get("nearest").To(DType.Int64).ToArray<long>(), k.Flatten().ToArray<long>());
                    for (var i = 0; i < parameters.Count; i++)
                    {
                        var gradient = parameters[i].Grad!.Contiguous();
                        var norm = golden.Doubles[$"norm.{i}"][0];
                        Assert.Equal(norm, gradient.To(DType.Float64).Norm().ToDouble(), 1e-4 * norm);
                        golden.AssertClose($"grad.{i}", gradient.Flatten()[TensorIndex.Slice(step: 7)], 1e-4);
                    }
                }

                adam.Step();
                codebook.Update(zE, k, 0.9, rng: null);
            });
        }

        golden.AssertClose("vectors", codebook.Vectors, 1e-4);
    });

    [Fact]
    public void The_encoder_gets_the_decoder_s_gradient_as_it_is() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        using var model = new VqVae(Small, new ImageShape(1, 16, 16), rng);
        var x = rng.Uniform([4, 1, 16, 16]);
        var zE = model.Autoencoder.Encode(x).Detach();
        zE.RequiresGrad = true;
        var k = model.Autoencoder.Codebook.Nearest(zE);
        var e = model.Autoencoder.Codebook.Lookup(k);
        var through = Autograd.Grad([model.Autoencoder.Decode(Codebook.StraightThrough(zE, e)).Square().Sum()], [zE])[0]!;
        var leaf = e.Clone();
        leaf.RequiresGrad = true;
        var decoders = Autograd.Grad([model.Autoencoder.Decode(leaf).Square().Sum()], [leaf])[0]!;
        Assert.True(decoders.Abs().Max().ToDouble() > 1e-3);
        Assert.Equal(0, (through - decoders).Abs().Max().ToDouble(), 1e-6);
    });

    [Fact]
    public void The_moving_averages_are_their_closed_form() => TensorScope.Run(() =>
    {
        using var rng = new Rng(2);
        using var codebook = new Codebook(5, 3, rng);
        var (counts, sums) = (new double[5], new double[5, 3]);
        var before = codebook.Vectors.ToArray<float>();
        for (var step = 0; step < 6; step++)
        {
            // Codes 0 to 3 are used, the last never.
            var z = rng.Normal([2, 3, 2, 2]);
            var k = rng.Integers(0, 4, [2, 2, 2]);
            codebook.Update(z, k, 0.8, rng: null);
            var (zs, ks) = (z.Permute(0, 2, 3, 1).Contiguous().ToArray<float>(), k.ToArray<long>());
            for (var j = 0; j < 5; j++)
            {
                var mine = Enumerable.Range(0, 8).Where(n => ks[n] == j).ToList();
                counts[j] = (0.8 * counts[j]) + (0.2 * mine.Count);
                for (var c = 0; c < 3; c++)
                    sums[j, c] = (0.8 * sums[j, c]) + (0.2 * mine.Sum(n => (double)zs[(n * 3) + c]));
            }
        }

        var vectors = codebook.Vectors.ToArray<float>();
        for (var j = 0; j < 5; j++)
            for (var c = 0; c < 3; c++)
                Assert.Equal(counts[j] > 0 ? sums[j, c] / counts[j] : before[(j * 3) + c], vectors[(j * 3) + c], 1e-5);
        Assert.Equal(0, counts[4]);
    });

    [Fact]
    public void Dead_codes_are_put_where_codes_are_and_perplexity_counts_the_living() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var codebook = new Codebook(8, 2, rng);
        var z = rng.Normal([4, 2, 4, 4]);
        var (dead, perplexity) = codebook.Update(z, Tensor.Zeros([4, 4, 4], DType.Int64), 0.9, rng);
        Assert.Equal((7, 1), (dead.ToDouble(), perplexity.ToDouble()));
        var points = z.Permute(0, 2, 3, 1).Reshape(-1, 2);
        var distances = Ops.Cdist(codebook.Vectors[1..], points).ToArray<float>().Chunk(64).Select(row => row.Min());
        Assert.All(distances, distance => Assert.Equal(0, distance, 1e-3));
        var even = codebook.Update(z, Tensor.Arange(64, DType.Int64).Remainder(8).View(4, 4, 4), 0.9, rng);
        Assert.Equal((0, 8), (even.Dead.ToDouble(), Math.Round(even.Perplexity.ToDouble(), 4)));
    });

    [Fact]
    public void What_was_rounded_stays_when_it_is_rounded_again() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(4);
        using var model = new VqVae(Small, new ImageShape(1, 16, 16), rng);
        var x = rng.Uniform([6, 1, 16, 16]);
        var codes = model.Encode(x);
        Assert.Equal(model.LatentSize, codes.Size(1));
        var k = model.Autoencoder.Codebook.Nearest(codes.View(6, 4, 4, 4));
        var rounded = model.Autoencoder.Codebook.Lookup(k);
        Assert.Equal(k.ToArray<long>(), model.Autoencoder.Codebook.Nearest(rounded).ToArray<long>());
        var picture = model.Decode(codes);
        Assert.Equal(picture.ToArray<float>(), model.Decode(rounded.Contiguous().Flatten(1)).ToArray<float>());
        Assert.Equal(picture.ToArray<float>(), model.Reconstruct(x, null).ToArray<float>());
    }));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 3)]
    public void The_prior_sums_to_one_and_each_code_depends_only_on_those_before(int classes, int condition) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(5);
        using var prior = new CodePrior(3, (2, 3), 2, 6, classes, condition, rng);
        Excite(prior, rng);
        var all = Tensor.From<long>([.. Enumerable.Range(0, 729).SelectMany(n => Enumerable.Range(0, 6).Select(d => (long)(n / (int)Math.Pow(3, d) % 3)))], 729, 2, 3);
        var c = condition == 0 ? null : rng.Normal([1, condition, 2, 3]).Expand(729, condition, 2, 3).Contiguous();
        foreach (var y in classes == 0 ? [null] : new Tensor?[] { null, Tensor.Full([729], 0, DType.Int64), Tensor.Full([729], 1, DType.Int64) })
            Assert.Equal(1, prior.LogProbability(all, y, c).To(DType.Float64).Exp().Sum().ToDouble(), 1e-5);

        var labels = classes == 0 ? null : Tensor.Full([729], 1, DType.Int64);
        var logits = prior.Logits(all, labels, c).Permute(0, 2, 3, 1).Reshape(729, 6, 3).ToArray<float>();
        for (var place = 0; place < 6; place++)
        {
            // Images are numbered with the first place fastest: those with equal places before `place` share logits.
            var period = (int)Math.Pow(3, place);
            for (var n = period; n < 729; n++)
                for (var j = 0; j < 3; j++)
                    Assert.Equal(logits[(((n % period) * 6) + place) * 3 + j], logits[(((n * 6) + place) * 3) + j], 1e-5);
            if (place > 0)
                Assert.Contains(Enumerable.Range(0, period), n => Math.Abs(logits[(n * 6 + place) * 3] - logits[place * 3]) > 1e-4);
        }
    }));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(2, 0)]
    [InlineData(0, 3)]
    public void Draws_are_those_of_the_whole_network_for_each_code(int classes, int condition) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        using var rng = new Rng(6);
        using var prior = new CodePrior(7, (3, 4), 3, 6, classes, condition, rng);
        Excite(prior, rng);
        var y = classes == 0 ? null : rng.Integers(0, classes, [5]);
        var c = condition == 0 ? null : rng.Normal([5, condition, 3, 4]);
        using var fast = new Rng(7);
        using var slow = new Rng(7);
        var k = Tensor.Zeros([5, 3, 4], DType.Int64);
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < 4; j++)
            {
                var logits = prior.Logits(k, y, c).Select(3, j).Select(2, i);
                var noise = -(-slow.Uniform([5, 7]).Clamp(1e-20, 1).Log()).Log();
                k.Select(2, j).Select(1, i).CopyInPlace((logits + noise).ArgMax(1));
            }

        var drawn = prior.Sample(5, fast, y, c).ToArray<long>();
        Assert.Equal(k.ToArray<long>(), drawn);
        Assert.True(drawn.Distinct().Count() > 3);
    }));

    [Fact]
    public void The_bound_is_the_decoder_s_log_probability_and_the_prior_s_and_the_prior_does_not_reach_the_encoder() => TensorScope.Run(() =>
    {
        using var rng = new Rng(8);
        using var model = Tiny(rng, classes: 2);
        var x = rng.Uniform([5, 1, 8, 8]);
        var (logPxz, codes) = model.Terms(x);
        var k = codes.K;
        var each = new[] { 0, 1 }.Select(y => model.Prior.LogProbability(k, Tensor.Full([5], y, DType.Int64)).Exp()).ToList();
        var expected = logPxz + ((each[0] + each[1]) / 2).Log();
        Assert.Equal(0, (expected - model.LowerBound(x, rng)).Abs().Max().ToDouble(), 1e-3);
        model.Prior.LogProbability(k, Tensor.Zeros([5], DType.Int64)).Mean().Backward();
        Assert.All(model.Autoencoder.Parameters(), parameter => Assert.Null(parameter.Grad));
        Assert.Contains(model.Prior.Parameters(), parameter => parameter.Grad is not null);
    });

    [Fact]
    public void An_image_that_cannot_be_halved_twice_is_refused()
    {
        using var rng = new Rng(9);
        Assert.Contains("multiples of 4", Assert.Throws<ArgumentException>(() => new VqVae(Small, new ImageShape(1, 30, 28), rng)).Message);
    }

    // Outputs begin near uniform, positions at zero: larger weights, so that what depends on what can be seen.
    private static void Excite(CodePrior prior, Rng rng) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        foreach (var parameter in prior.Parameters())
            parameter.AddInPlace(rng.Normal(parameter.Shape) * 0.3);
    }));
}
