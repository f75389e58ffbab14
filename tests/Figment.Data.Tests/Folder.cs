namespace Figment.Data.Tests;

/// <summary>A temporary folder that goes when the test is over.</summary>
internal sealed class Folder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("figment-data-").FullName;

    internal string this[string relative] => System.IO.Path.Combine(Path, relative);

    internal string Write(string relative, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(this[relative])!);
        File.WriteAllBytes(this[relative], bytes);
        return this[relative];
    }

    internal string[] Files() => [.. Directory.GetFiles(Path, "*", new EnumerationOptions
        { RecurseSubdirectories = true, AttributesToSkip = 0 })
        .Select(file => System.IO.Path.GetRelativePath(Path, file)).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
