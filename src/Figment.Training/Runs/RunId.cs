using System.Globalization;
using System.Text.RegularExpressions;

namespace Figment.Training.Runs;

/// <summary>A run's id, which is also its folder's name: start time (UTC), name, seed, and a number when another run of
/// the same second took the plain id: <c>2026-11-21T10-12-03_vae-mnist_s42</c>.</summary>
public static partial class RunId
{
    /// <summary>The id for a run; <paramref name="attempt"/> above 1 is appended to tell runs of one second
    /// apart.</summary>
    /// <param name="name">What is trained; letters, digits, <c>.</c> and <c>-</c> stay, all else becomes
    /// <c>-</c>.</param>
    public static string Make(DateTimeOffset start, string name, ulong seed, int attempt = 1)
    {
        var plain = Unsafe().Replace(name.ToLowerInvariant(), "-").Trim('-', '.');
        plain = plain.Length == 0 ? "run" : plain[..Math.Min(plain.Length, 80)];
        var suffix = attempt > 1 ? $"-{attempt.ToString(CultureInfo.InvariantCulture)}" : "";
        var time = start.UtcDateTime.ToString("yyyy-MM-dd'T'HH-mm-ss", CultureInfo.InvariantCulture);
        return $"{time}_{plain}_s{seed.ToString(CultureInfo.InvariantCulture)}{suffix}";
    }

    /// <summary>Whether text has the form of an id. Ids from outside are checked before they touch a path.</summary>
    public static bool IsValid(string text) => Form().IsMatch(text);

    [GeneratedRegex(@"^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(-[0-9]{2}){2}_"
        + @"[a-z0-9][a-z0-9.-]{0,79}_s[0-9]{1,20}(-[0-9]{1,4})?\z")]
    private static partial Regex Form();

    [GeneratedRegex("[^a-z0-9.]+")]
    private static partial Regex Unsafe();
}
