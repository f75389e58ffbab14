namespace Figment.Nn.Serialization;

/// <summary>What a reader accepts, checked before anything is allocated for it.</summary>
public sealed record SafeTensorsLimits
{
    /// <summary>No header may be longer than this, whatever the caller asks for (the format's own limit).</summary>
    public const long AbsoluteHeaderBytes = 100_000_000;

    /// <summary>The limits used when none are given.</summary>
    public static SafeTensorsLimits Default { get; } = new();

    /// <summary>Longest accepted header in bytes; default 16 MiB, at most <see cref="AbsoluteHeaderBytes"/>.</summary>
    public long HeaderBytes { get; init => field = Math.Clamp(value, 2, AbsoluteHeaderBytes); } = 16 * 1024 * 1024;

    /// <summary>Most accepted tensors, and most metadata entries; default 65,536.</summary>
    public int Entries { get; init; } = 65_536;

    /// <summary>Most accepted dimensions of a tensor; default 16.</summary>
    public int Rank { get; init; } = 16;

    /// <summary>Longest accepted tensor name in characters; default 1,024.</summary>
    public int NameLength { get; init; } = 1_024;
}
