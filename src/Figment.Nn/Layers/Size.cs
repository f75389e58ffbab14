namespace Figment.Nn;

/// <summary>Two sizes, one a spatial dimension; one number stands for both.</summary>
public readonly record struct Size2(long Height, long Width)
{
    /// <summary>The same size in both dimensions.</summary>
    public static implicit operator Size2(long size) => new(size, size);

    /// <summary>Height and width.</summary>
    public static implicit operator Size2((long Height, long Width) size) => new(size.Height, size.Width);

    internal long[] ToArray() => [Height, Width];
}

/// <summary>Three sizes, one a spatial dimension; one number stands for all.</summary>
public readonly record struct Size3(long Depth, long Height, long Width)
{
    /// <summary>The same size in all dimensions.</summary>
    public static implicit operator Size3(long size) => new(size, size, size);

    /// <summary>Depth, height and width.</summary>
    public static implicit operator Size3((long Depth, long Height, long Width) size) =>
        new(size.Depth, size.Height, size.Width);

    internal long[] ToArray() => [Depth, Height, Width];
}
