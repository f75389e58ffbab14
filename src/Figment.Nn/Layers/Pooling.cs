using Figment.Torch;

namespace Figment.Nn;

/// <summary>The maximum over windows of (B, C, L); a stride of null is the window's size.</summary>
public sealed class MaxPool1d(long kernelSize, long? stride = null, long padding = 0, long dilation = 1,
    bool ceilMode = false) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        input.MaxPool1d([kernelSize], [stride ?? kernelSize], [padding], [dilation], ceilMode);
}

/// <summary>The maximum over windows of (B, C, H, W); a stride of null is the window's size.</summary>
public sealed class MaxPool2d(Size2 kernelSize, Size2? stride = null, Size2? padding = null, Size2? dilation = null,
    bool ceilMode = false) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.MaxPool2d(kernelSize.ToArray(),
        (stride ?? kernelSize).ToArray(), (padding ?? 0).ToArray(), (dilation ?? 1).ToArray(), ceilMode);
}

/// <summary>The maximum over windows of (B, C, D, H, W); a stride of null is the window's size.</summary>
public sealed class MaxPool3d(Size3 kernelSize, Size3? stride = null, Size3? padding = null, Size3? dilation = null,
    bool ceilMode = false) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.MaxPool3d(kernelSize.ToArray(),
        (stride ?? kernelSize).ToArray(), (padding ?? 0).ToArray(), (dilation ?? 1).ToArray(), ceilMode);
}

/// <summary>The mean over windows of (B, C, L); a stride of null is the window's size.</summary>
public sealed class AvgPool1d(long kernelSize, long? stride = null, long padding = 0, bool ceilMode = false,
    bool countIncludePad = true) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        input.AvgPool1d([kernelSize], [stride ?? kernelSize], [padding], ceilMode, countIncludePad);
}

/// <summary>The mean over windows of (B, C, H, W); a stride of null is the window's size.</summary>
public sealed class AvgPool2d(Size2 kernelSize, Size2? stride = null, Size2? padding = null, bool ceilMode = false,
    bool countIncludePad = true) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => Ops.AveragePool2d(input, kernelSize.ToArray(),
        (stride ?? kernelSize).ToArray(), (padding ?? 0).ToArray(), ceilMode, countIncludePad);
}

/// <summary>The mean over windows of (B, C, D, H, W); a stride of null is the window's size.</summary>
public sealed class AvgPool3d(Size3 kernelSize, Size3? stride = null, Size3? padding = null, bool ceilMode = false,
    bool countIncludePad = true) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.AvgPool3d(kernelSize.ToArray(),
        (stride ?? kernelSize).ToArray(), (padding ?? 0).ToArray(), ceilMode, countIncludePad);
}

/// <summary>The mean over as many windows as asked: (B, C, L) to (B, C, size).</summary>
public sealed class AdaptiveAvgPool1d(long size) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.AdaptiveAvgPool1d(size);
}

/// <summary>The mean over as many windows as asked: (B, C, H, W) to (B, C, height, width).</summary>
public sealed class AdaptiveAvgPool2d(Size2 size) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.AdaptiveAvgPool2d(size.Height, size.Width);
}

/// <summary>The mean over as many windows as asked: (B, C, D, H, W) to (B, C, depth, height, width).</summary>
public sealed class AdaptiveAvgPool3d(Size3 size) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.AdaptiveAvgPool3d(size.Depth, size.Height, size.Width);
}

/// <summary>The maximum over as many windows as asked: (B, C, L) to (B, C, size).</summary>
public sealed class AdaptiveMaxPool1d(long size) : Layer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        input.Unsqueeze(-2).AdaptiveMaxPool2d(1, size).Values.Squeeze(-2); // as one row of (B, C, 1, L)
}

/// <summary>The maximum over as many windows as asked: (B, C, H, W) to (B, C, height, width).</summary>
public sealed class AdaptiveMaxPool2d(Size2 size) : Layer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.AdaptiveMaxPool2d(size.Height, size.Width).Values;
}
