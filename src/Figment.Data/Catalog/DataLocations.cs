namespace Figment.Data.Catalog;

/// <summary>Where data sets are looked for and kept on this machine.</summary>
/// <param name="Cache">The folder for what was fetched.</param>
/// <param name="SearchPath">Folders with the user's own copies; each may hold a sub-folder named as the card.</param>
/// <param name="Root">The folder under which installed packages are looked for: / outside tests.</param>
public sealed record DataLocations(string Cache, IReadOnlyList<string> SearchPath, string Root = "/")
{
    /// <summary>
    /// The cache is FIGMENT_CACHE, or <c>figment</c> under XDG_CACHE_HOME or <c>~/.cache</c>; the search path is
    /// FIGMENT_DATA, folders separated by colons.
    /// </summary>
    public static DataLocations FromEnvironment() => From(Environment.GetEnvironmentVariable,
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile));

    /// <summary>The same, from given variables.</summary>
    /// <param name="variable">Gives a variable's value, or null.</param>
    /// <param name="home">The user's home folder.</param>
    public static DataLocations From(Func<string, string?> variable, string home)
    {
        ArgumentNullException.ThrowIfNull(variable);
        var cache = variable("FIGMENT_CACHE") is { Length: > 0 } own ? own
            : variable("XDG_CACHE_HOME") is { Length: > 0 } shared && Path.IsPathRooted(shared)
                ? Path.Combine(shared, "figment")
            : Path.Combine(home.Length > 0 ? home : Path.GetTempPath(), ".cache", "figment");
        var folders = (variable("FIGMENT_DATA") ?? "").Split(':',
            StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return new DataLocations(Path.GetFullPath(cache), folders);
    }
}
