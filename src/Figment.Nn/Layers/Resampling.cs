using Figment.Torch;

namespace Figment.Nn;

/// <summary>How an upsampled element is made from its neighbours.</summary>
public enum UpsampleMode
{
    /// <summary>The nearest one, of (B, C, L), (B, C, H, W) or (B, C, D, H, W).</summary>
    Nearest,

    /// <summary>Two along the line, of (B, C, L).</summary>
    Linear,

    /// <summary>Four around, of (B, C, H, W).</summary>
    Bilinear,

    /// <summary>Sixteen around, of (B, C, H, W).</summary>
    Bicubic,

    /// <summary>Eight around, of (B, C, D, H, W).</summary>
    Trilinear,
}

/// <summary>Resizes the spatial dimensions, by a factor or to a size.</summary>
public sealed class Upsample : PrimitiveLayer
{
    private readonly double? factor;
    private readonly long[]? size;
    private readonly UpsampleMode mode;
    private readonly bool alignCorners;

    /// <summary>Multiplies every spatial dimension.</summary>
    /// <param name="scaleFactor">The factor, above 0.</param>
    /// <param name="mode">How elements are made.</param>
    /// <param name="alignCorners">Whether the corner elements' centres stay in the corners.</param>
    public Upsample(double scaleFactor, UpsampleMode mode = UpsampleMode.Nearest, bool alignCorners = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(scaleFactor);
        (factor, this.mode, this.alignCorners) = (scaleFactor, mode, alignCorners);
    }

    /// <summary>Brings the spatial dimensions to the given sizes.</summary>
    public Upsample(ReadOnlySpan<long> size, UpsampleMode mode = UpsampleMode.Nearest, bool alignCorners = false) =>
        (this.size, this.mode, this.alignCorners) = (size.ToArray(), mode, alignCorners);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var spatial = input.Shape[2..];
        var target = size ?? new long[spatial.Length];
        for (var i = 0; size is null && i < spatial.Length; i++)
            target[i] = (long)Math.Floor(spatial[i] * factor!.Value);
        return (mode, spatial.Length) switch
        {
            (UpsampleMode.Nearest, 1) => input.UpsampleNearest1d(target, factor),
            (UpsampleMode.Nearest, 2) => input.UpsampleNearest2d(target, factor, factor),
            (UpsampleMode.Nearest, 3) => input.UpsampleNearest3d(target, factor, factor, factor),
            (UpsampleMode.Linear, 1) => input.UpsampleLinear1d(target, alignCorners, factor),
            (UpsampleMode.Bilinear, 2) => input.UpsampleBilinear2d(target, alignCorners, factor, factor),
            (UpsampleMode.Bicubic, 2) => input.UpsampleBicubic2d(target, alignCorners, factor, factor),
            (UpsampleMode.Trilinear, 3) => input.UpsampleTrilinear3d(target, alignCorners, factor, factor, factor),
            _ => throw new ArgumentException(
                $"{mode} upsampling does not take an input of shape [{string.Join(", ", input.Shape.ToArray())}].",
                nameof(input)),
        };
    }
}

/// <summary>Depth to space (Shi et al. 2016): (B, C r^2, H, W) to (B, C, H r, W r).</summary>
public sealed class PixelShuffle(long factor) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.PixelShuffle(factor);
}

/// <summary>Space to depth: (B, C, H r, W r) to (B, C r^2, H, W).</summary>
public sealed class PixelUnshuffle(long factor) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.PixelUnshuffle(factor);
}
