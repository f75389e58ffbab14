using Figment.Data.Catalog;

namespace Figment.App;

/// <summary>One data set that is known by name.</summary>
/// <param name="Id">The name by which it is asked for.</param>
/// <param name="Title">Its full name.</param>
/// <param name="Shape">One image, as <c>28x28x1</c>; of a network's weights the word <c>weights</c>.</param>
/// <param name="Licence">The terms of use.</param>
/// <param name="ResearchOnly">The terms allow research only, or none are stated.</param>
/// <param name="Place">Where its files are: <c>cache</c>, <c>searchPath</c>, <c>installed</c>, <c>fetchable</c> or
/// <c>missing</c>, or <c>made</c> where the set is computed.</param>
/// <param name="Folder">The folder with its files; empty when they are not here.</param>
public sealed record DataSetSummary(
    string Id, string Title, string Shape, string Licence, bool ResearchOnly, string Place, string Folder);

/// <summary>A file of a data set.</summary>
public sealed record DataSetFile(string Name, long Bytes, string Sha256);

/// <summary>Everything that a data set's card says.</summary>
public sealed record DataSetDetails(
    DataSetSummary Summary, string Description, string Citation, Uri HomePage, IReadOnlyList<string> Classes,
    IReadOnlyList<DataSetFile> Files, IReadOnlyList<string> Sources);

/// <summary>The known data sets and their files on this machine. No libtorch is loaded.</summary>
public static class DataLibrary
{
    private const long LargestDownload = 4L << 30;

    /// <summary>The folder in which fetched sets are kept.</summary>
    public static string CacheFolder => DataLocations.FromEnvironment().Cache;

    /// <summary>Every known set and where it is.</summary>
    public static IReadOnlyList<DataSetSummary> List()
    {
        var cache = new DataCache();
        return [.. DataCatalog.Cards.Select(card => Summarize(card, cache))];
    }

    /// <summary>What others learned and comes as a package: weights of networks, vocabularies; and where they
    /// are.</summary>
    public static IReadOnlyList<DataSetSummary> Learned()
    {
        var cache = new DataCache();
        return [.. All.Where(card => card is not DataCard).Select(card => Summarize(card, cache))];
    }

    /// <summary>One set's card, or that of weights.</summary>
    /// <exception cref="FigmentException">There is no such set.</exception>
    public static DataSetDetails Show(string id)
    {
        var card = Find(id);
        return new DataSetDetails(Summarize(card, new DataCache()), card.Description,
            card.Citation, card.HomePage, card is DataCard set ? set.ClassNames : [],
            [.. card.Files.Select(file => new DataSetFile(file.Name, file.Length, file.Sha256))],
            [.. card.Origins.Select(Describe)]);
    }

    /// <summary>Finds or fetches a set's files, and verifies them.</summary>
    /// <exception cref="FigmentException">There is no such set.</exception>
    /// <exception cref="DataUnavailableException">No place could give the files; the message says what to
    /// do.</exception>
    public static DataSetSummary Fetch(string id, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        var (card, cache) = (Find(id), new DataCache());
        cache.Load(card, new DataProgressEvents(progress), cancellation);
        return Summarize(card, cache);
    }

    /// <summary>Takes a user's copy of a set into the cache, from a file, a folder or an https address.</summary>
    /// <returns>The card's files that are still missing.</returns>
    public static IReadOnlyList<string> Add(string id, string source, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        var (card, cache) = (Find(id), new DataCache());
        if (!Uri.TryCreate(source, UriKind.Absolute, out var address) || address.IsFile)
            return cache.Register(card, source, cancellation);
        if (address.Scheme != Uri.UriSchemeHttps)
            throw new FigmentException($"{source} is not an https address",
                "give a file, a folder or an https address", isUsage: true);

        var folder = Directory.CreateTempSubdirectory("figment-");
        try
        {
            var part = Path.Combine(folder.FullName,
                Path.GetFileName(address.LocalPath) is { Length: > 0 } name ? name : "download");
            using var downloader = new HttpDownloader();
            downloader.Fetch(address, part, LargestDownload, [],
                (done, total) => progress.Report(new Advanced($"fetching {address.Host}", done, total, "bytes")),
                cancellation);
            return cache.Register(card, part, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<FileCard> All =>
        [.. DataCatalog.Cards, .. WeightCatalog.Cards, .. VocabularyCatalog.Cards];

    private static FileCard Find(string id) =>
        All.FirstOrDefault(card => string.Equals(card.Id, id, StringComparison.OrdinalIgnoreCase))
        ?? throw new FigmentException($"there is no data set '{id}'"
            + (Nearest.To(id, All.Select(card => card.Id)) is { } near ? $"; did you mean '{near}'?" : ""),
            $"choose one of {string.Join(", ", All.Select(card => card.Id))}", isUsage: true);

    private static DataSetSummary Summarize(FileCard card, DataCache cache)
    {
        var found = cache.Find(card);
        var place = found.Place.ToString();
        return new DataSetSummary(card.Id, card.Title, card switch
        {
            DataCard set => (set.Transform.AreNumbers ? set.Transform.OutputShape(set.Shape) : set.Shape).ToString(),
            WeightCard => "weights",
            _ => "vocabulary",
        },
            card.Licence, card.ResearchOnly,
            char.ToLowerInvariant(place[0]) + place[1..],
            found.Folder.Length > 0 ? Path.GetFullPath(found.Folder) : "");
    }

    private static string Describe(DataOrigin origin) => origin switch
    {
        NpmOrigin npm => $"npm package {npm.Package}@{npm.Version}, sha256 {npm.Sha256}",
        DebianOrigin debian => $"Debian package {debian.Package}",
        WebOrigin web => string.Join(", ", web.Addresses.Values),
        ArchiveOrigin archive => $"{archive.Address}, sha256 {archive.Sha256}",
        _ => origin.GetType().Name,
    };
}

/// <summary>Tells the news of Data as events of App.</summary>
internal sealed class DataProgressEvents(IProgress<WorkEvent> progress) : IProgress<DataProgress>
{
    public void Report(DataProgress value) =>
        progress.Report(new Advanced($"{value.Set}: {value.Stage}", value.Done, value.Total,
        value.Stage.StartsWith("fetching", StringComparison.Ordinal) ? "bytes" : ""));
}
