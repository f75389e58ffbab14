using System.Text.Json;
using Figment.Data.Catalog;
using Figment.Models.Recognition;
using Figment.Nn;
using Figment.Nn.Serialization;
using Figment.Nn.Tests.Golden;
using Figment.Torch;
using Xunit;

namespace Figment.App.Tests;

/// <summary>Networks of photographs whose weights come from elsewhere: the same features as those that PyTorch computes by
/// following the package's own topology (tests/golden/recognition.py).</summary>
public class NetworkTests
{
    private static readonly GoldenFile Golden = GoldenFile.Open("recognition");

    public static TheoryData<string, string, string> Pictures => new(
        from net in new[] { ("mobilenet-v2-nsfwjs", "mobilenet"), ("inception-v3-nsfwjs", "inception") }
        from picture in new[] { "small", "grey", "large" }
        select (net.Item1, net.Item2, picture));

    [Theory]
    [MemberData(nameof(Pictures))]
    public void Packaged_networks_see_what_PyTorch_sees(string id, string key, string picture)
    {
        using var net = Packaged(id);
        AssertSame(net, $"{key}.{picture}", "probabilities", Picture(picture), logits => logits.Softmax(1));
        Assert.Equal((5, $"fd-{id}"), (net.Classes, net.NameOf("fd")));
    }

    [Fact]
    public void The_published_Inception_is_filled_by_the_names_of_its_file_and_its_distance_is_the_fid()
    {
        using var workspace = new Workspace();
        var (plain, counted) = (workspace.File("a.safetensors"), workspace.File("b.safetensors"));
        Write(plain, state => { });
        Write(counted, state => state["Mixed_6a.branch3x3.bn.num_batches_tracked"] = Tensor.Full([], 7, DType.Int64));
        var events = new Events();
        using var net = Extractor.Open(plain, new ModelSource(), "cifar10", events, TestContext.Current.CancellationToken);
        foreach (var picture in new[] { "small", "grey", "large" })
            AssertSame(net, $"published.{picture}", "logits", Picture(picture), logits => logits);
        Assert.Equal(("fid", "kd-inception-2015", 1008), (net.NameOf("fd"), net.NameOf("kd"), net.Classes));
        Assert.Contains("TensorFlow 1's bilinear", net.Preparation, StringComparison.Ordinal);
        Assert.Contains(events.Told.OfType<Remark>(), remark => remark.Text.Contains(plain, StringComparison.Ordinal));
        using var other = Extractor.Open(counted, new ModelSource(), "cifar10", events, TestContext.Current.CancellationToken);
        Assert.Equal(net.Hash, other.Hash);

        var cut = workspace.File("cut.safetensors");
        File.WriteAllBytes(cut, File.ReadAllBytes(plain).AsSpan(0, 1 << 20));
        Assert.Contains("cut.safetensors", Assert.Throws<SafeTensorsException>(() => Open(cut)).Message, StringComparison.Ordinal);
        Write(cut, state => state.Remove("fc.bias"));
        Assert.Contains("does not hold the weights of inception-2015", Assert.Throws<FigmentException>(() => Open(cut)).Message,
            StringComparison.Ordinal);
        Write(cut, state => state["fc.weight"] = Tensor.Zeros([1000, 2048]));
        Assert.Contains("fc.weight is [1008, 2048] here but [1000, 2048]", Assert.Throws<FigmentException>(() => Open(cut)).Message,
            StringComparison.Ordinal);
        Assert.Contains("there is no file", Assert.Throws<FigmentException>(() => Open(workspace.File("no.safetensors"))).Message,
            StringComparison.Ordinal);

        static Extractor Open(string file) =>
            Extractor.Open(file, new ModelSource(), "cifar10", new Events(), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Without_the_published_weights_the_message_says_where_they_are_looked_for()
    {
        if (DataLocations.FromEnvironment().SearchPath.Any(folder => Directory.GetFiles(folder, "inception-2015*").Length > 0))
            Assert.Skip("The weights are here: this is what is told where they are not.");
        var error = Assert.Throws<FigmentException>(() => Extractor.Open("inception-2015", new ModelSource(), "cifar10",
            new Events(), TestContext.Current.CancellationToken));
        Assert.Contains("inception-2015.safetensors", error.Message, StringComparison.Ordinal);
        Assert.Contains("docs/guide/measures.md", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_figure_says_how_images_were_prepared()
    {
        Packaged("mobilenet-v2-nsfwjs").Dispose();
        using var workspace = new Workspace();
        var vae = Train.Start(new TrainRequest
        {
            What = "vae",
            Data = Pictured.Grey(workspace),
            Steps = 5,
            RunsFolder = workspace.Runs,
            Sets = ["plan.batch=16", "plan.preview-interval=0", "model.latent=2", "model.hidden=[8]"],
        }, new Events()).Run;
        var request = new EvaluateRequest
        {
            Source = new() { Run = vae, RunsFolder = workspace.Runs },
            Metric = "kd",
            Extractor = "mobilenet-v2-nsfwjs",
            Samples = 20,
            Limit = 20,
            Split = "train",
        };
        var result = Evaluate.Run(request, new Events());
        Assert.Equal("kd-mobilenet-v2-nsfwjs", result.Metric);
        Assert.Contains("(8 bits, to 224x224 by bilinear interpolation with aligned corners, in [0, 1])", result.Text,
            StringComparison.Ordinal);
        Assert.Contains("preparation: ", Assert.Single(result.Protocol.Differences(result.Protocol with { Preparation = "by hand" })),
            StringComparison.Ordinal);
        Assert.Equal(result.Value, Evaluate.Run(request, new Events()).Value);
    }

    [Fact]
    public void A_name_that_is_no_network_names_those_that_are()
    {
        using var workspace = new Workspace();
        var error = Assert.Throws<FigmentException>(() => Extractor.Open("inception", new ModelSource { RunsFolder = workspace.Runs },
            "cifar10", new Events(), TestContext.Current.CancellationToken));
        Assert.Contains("mobilenet-v2-nsfwjs, inception-v3-nsfwjs, inception-2015", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_another_network_are_refused() => TensorScope.Run(() =>
    {
        using var rng = new Rng(0);
        using var net = new MobileNetV2(rng);
        Assert.Contains("Conv1/kernel", Assert.Throws<ArgumentException>(() => net.LoadKeras([])).Message, StringComparison.Ordinal);
    });

    [Fact]
    public void An_image_of_the_networks_own_size_is_only_scaled() => TensorScope.Run(() =>
    {
        var levels = GoldenNumbers.Uniform(3, [1, 3, 224, 224], 0, 256).Floor();
        var seen = NetworkInput.OfNsfwjs(224).Apply(levels / 255);
        Assert.True((seen - (levels / 255)).Abs().Max().ToDouble() < 1e-6);
        var published = NetworkInput.Of2015.Apply(Tensor.Full([2, 1, 299, 299], 2.0)); // cut off at white
        Assert.Equal([2, 3, 299, 299], published.Shape.ToArray());
        Assert.True((published - (127.0 / 128)).Abs().Max().ToDouble() < 1e-6);
        Assert.Throws<ArgumentException>(() => NetworkInput.Of2015.Apply(Tensor.Zeros([1, 4, 8, 8])));
    });

    private static void AssertSame(Extractor net, string key, string head, Tensor picture, Func<Tensor, Tensor> of) =>
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            var (twice, size) = (Ops.Cat([picture, picture.Flip([2])]), picture.Shape.ToArray());
            var features = net.Read(twice, net.Features);
            Golden.AssertClose($"{key}.features", features[0], 2e-4);
            Golden.AssertClose($"{key}.{head}", of(net.Read(twice, net.Logits))[0], 2e-4);
            Assert.True((features[0] - features[1]).Abs().Max().ToDouble() > 0.01, $"{string.Join('x', size)}: upside down is the same");
        }));

    private static Extractor Packaged(string id)
    {
        try
        {
            return Extractor.Open(id, new ModelSource(), "cifar10", new Events(), TestContext.Current.CancellationToken);
        }
        catch (DataUnavailableException error)
        {
            Assert.Skip(error.Message);
            throw;
        }
    }

    private static Tensor Picture(string name)
    {
        var (channels, height, width) = name switch { "small" => (3, 40, 52), "grey" => (1, 40, 52), _ => (3, 300, 260) };
        var levels = new float[channels * height * width];
        var at = 0;
        for (var c = 0; c < channels; c++)
            for (var y = 0; y < height; y++)
                for (var x = 0; x < width; x++)
                    levels[at++] = ((7 * x) + (13 * y) + (29 * c) + (x * y * (c + 3) / 16)) % 256 / 255f;
        return Tensor.From<float>(levels, 1, channels, height, width);
    }

    // The made weights, under the keys of PyTorch's file.
    private static void Write(string path, Action<Dictionary<string, Tensor>> change) => TensorScope.Run(() =>
    {
        var state = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        uint seed = 700;
        foreach (var entry in JsonDocument.Parse(Golden.Metadata["keys"]).RootElement.EnumerateObject())
        {
            long[] shape = [.. entry.Value.EnumerateArray().Select(size => size.GetInt64())];
            var fan = shape.Skip(1).Aggregate(1L, (product, size) => product * size);
            var bound = entry.Name.EndsWith("conv.weight", StringComparison.Ordinal) ? Math.Sqrt(6.0 / fan)
                : entry.Name.StartsWith("fc", StringComparison.Ordinal) ? Math.Sqrt(1.0 / 2048) : 0.1;
            var middle = entry.Name.EndsWith("bn.weight", StringComparison.Ordinal)
                || entry.Name.EndsWith("running_var", StringComparison.Ordinal) ? 1.0 : 0;
            state[entry.Name] = GoldenNumbers.Uniform(seed++, shape, middle - bound, middle + bound);
        }

        change(state);
        SafeTensors.Save(path, new StateDict(state.Select(pair => (pair.Key, pair.Value))));
    });
}
