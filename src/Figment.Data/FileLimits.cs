using System.ComponentModel.DataAnnotations;

namespace Figment.Data;

/// <summary>
/// What a file may ask for before anything is allocated for it. The defaults bound a reader's memory by the file's size
/// plus 64 MiB, and by the pixel limit for a picture.
/// </summary>
public sealed record FileLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static FileLimits Default { get; } = new();

    /// <summary>The most pixels (width times height) a picture's header may declare.</summary>
    [Range(1, 1_000_000_000)]
    public long Pixels { get; init; } = 50_000_000;

    /// <summary>The longest side of a picture, in pixels.</summary>
    [Range(1, 1_000_000)]
    public int Side { get; init; } = 65_500;

    /// <summary>How many bytes a compressed file may unpack to, beyond its own size.</summary>
    [Range(0, long.MaxValue)]
    public long UnpackedSlack { get; init; } = 64L << 20;
}
