using Figment.Data.Catalog;
using Figment.Models.Recognition;
using Figment.Nn;
using Figment.Nn.Serialization;
using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.App;

/// <summary>The Inception network of December 2015, whose weights the user brings: in its features, and in no others, a
/// Fréchet distance is called FID.</summary>
internal sealed class PublishedInception : PackagedNetwork
{
    /// <summary>Its name.</summary>
    public const string Id = "inception-2015";

    private const string Extension = ".safetensors", Counter = "num_batches_tracked";

    private PublishedInception(InceptionV3 net, Device device)
        : base(Id, net, NetworkInput.Of2015, InceptionV3.Classes2015, net.Features, net.Logits, device)
    {
    }

    /// <summary>Whether a user means it: by its name, or by a file of weights.</summary>
    public static bool Is(string what) => string.Equals(what, Id, StringComparison.OrdinalIgnoreCase)
        || what.EndsWith(Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>Opens the network with weights from a safetensors file.</summary>
    /// <param name="what">The file; or the name, for <c>inception-2015.safetensors</c> in a folder of FIGMENT_DATA or
    /// in the cache.</param>
    /// <param name="device">Where to compute.</param>
    /// <param name="progress">Told where the weights are.</param>
    /// <exception cref="FigmentException">There is no such file, or it holds another network.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged.</exception>
    public static PublishedInception Open(string what, Device device, IProgress<WorkEvent> progress)
    {
        var file = Find(what);
        progress.Report(new Remark($"weights of {Id}: {file}"));
        NativeLoader.EnsureLoaded();
        using var rng = new Rng(0);
        var net = InceptionV3.Of2015(rng);
        return Loaded(net, () => Fill(net, file), () => new PublishedInception(net, device));
    }

    /// <inheritdoc/>
    public override string NameOf(string metric) => metric == "fd" ? "fid" : base.NameOf(metric);

    private static void Fill(InceptionV3 net, string file)
    {
        // Counters of batches decide nothing, and files are known with them and without.
        var state = SafeTensors.Load(file).Where(pair => !pair.Key.EndsWith(Counter, StringComparison.Ordinal))
            .ToDictionary(StringComparer.Ordinal);
        foreach (var name in net.StateDict().Keys.Where(key => key.EndsWith(Counter, StringComparison.Ordinal)))
            state[name] = Tensor.Zeros([], DType.Int64);
        try
        {
            net.LoadStateDict(state);
        }
        catch (StateDictException error)
        {
            throw new FigmentException($"{file} does not hold the weights of {Id}: {error.Message}",
                "its keys are those of pt_inception-2015-12-05-6726825d.pth; see docs/guide/measures.md");
        }
    }

    private static string Find(string what)
    {
        if (what.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))
            return File.Exists(what) ? Path.GetFullPath(what)
                : throw new FigmentException($"there is no file {what}", isUsage: true);
        var places = DataLocations.FromEnvironment();
        string[] tried = [.. places.SearchPath.Append(places.Cache).SelectMany(folder => new[]
        {
            Path.Combine(folder, Id + Extension), Path.Combine(folder, Id, Id + Extension),
        })];
        return Array.Find(tried, File.Exists) ?? throw new FigmentException(
            $"there are no weights of {Id}; looked for {string.Join(", ", tried)}",
            "no package has them: get pt_inception-2015-12-05-6726825d.pth where published FIDs are measured, convert "
            + $"it as docs/guide/measures.md shows, and put it there or name the file: --extractor {Id}{Extension}");
    }
}
