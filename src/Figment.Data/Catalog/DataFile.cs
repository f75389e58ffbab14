namespace Figment.Data.Catalog;

/// <summary>One file of a data set, known by its unpacked content.</summary>
/// <param name="Name">The file's name, unpacked; a packed copy has the same name with <c>.gz</c>.</param>
/// <param name="Length">Bytes, unpacked.</param>
/// <param name="Sha256">SHA-256 of the unpacked content, in lower-case hexadecimal.</param>
public sealed record DataFile(string Name, long Length, string Sha256);
