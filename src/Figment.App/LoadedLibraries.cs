namespace Figment.App;

/// <summary>Which shared libraries this process really holds, as the kernel sees it.</summary>
internal static class LoadedLibraries
{
    /// <summary>Loaded libraries whose file names begin with one of the names, each once, in the order of the
    /// names.</summary>
    public static IEnumerable<(string Name, string Path)> Find(params string[] names)
    {
        if (!File.Exists("/proc/self/maps")) return [];
        var paths = File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/') is >= 0 and var start ? line[start..] : "")
            .Where(path => path.Length > 0).Distinct().ToList();
        return from name in names
               from path in paths
               let file = Path.GetFileName(path)
               where file.StartsWith(name, StringComparison.Ordinal) && file.Contains(".so", StringComparison.Ordinal)
               select (file.Split(".so")[0], path);
    }
}
