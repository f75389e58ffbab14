using System.Runtime.CompilerServices;

namespace Figment.Architecture.Tests;

/// <summary>The repository's files, found from where this file was compiled or, failing that, from the program's folder.</summary>
internal static class Sources
{
    private static readonly string[] Built = ["bin", "obj", "node_modules", "build", ".git"];

    public static string Root { get; } = FindRoot();

    /// <summary>Files below a folder of the repository, without what a build made.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories).Where(file => !IsBuilt(file))
            : [];
    }

    public static IEnumerable<string> Folders(string folder)
    {
        var path = Path.Combine(Root, folder);
        return Directory.Exists(path)
            ? Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).Where(child => !IsBuilt(child))
            : [];
    }

    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static bool IsBuilt(string path) => Relative(path).Split(Path.DirectorySeparatorChar).Any(Built.Contains);

    private static string FindRoot([CallerFilePath] string thisFile = "")
    {
        foreach (var start in new[] { Path.GetDirectoryName(thisFile), AppContext.BaseDirectory })
            for (var folder = start; folder is not null; folder = Path.GetDirectoryName(folder))
                if (File.Exists(Path.Combine(folder, "Figment.slnx")))
                    return folder;
        throw new InvalidOperationException("The checkout of these tests was not found.");
    }
}
