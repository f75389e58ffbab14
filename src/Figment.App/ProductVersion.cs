using System.Reflection;

namespace Figment.App;

/// <summary>Which Figment this is.</summary>
/// <param name="Version">The release, for example <c>0.1.0</c>.</param>
/// <param name="Commit">The first letters of the commit it was built from, where known.</param>
/// <param name="Runtime">The .NET runtime's version.</param>
public sealed record ProductVersion(string Version, string? Commit, string Runtime)
{
    /// <summary>The running program's version.</summary>
    public static ProductVersion Current { get; } = Read();

    private static ProductVersion Read()
    {
        var text = typeof(ProductVersion).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        var parts = text.Split('+');
        return new ProductVersion(parts[0], parts.Length > 1 ? parts[1][..Math.Min(9, parts[1].Length)] : null,
            Environment.Version.ToString());
    }
}
