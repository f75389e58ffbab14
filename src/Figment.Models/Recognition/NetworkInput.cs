using Figment.Torch;

namespace Figment.Models.Recognition;

/// <summary>How an image becomes what a network was trained on. Resizing is part of a measure's protocol: distances
/// of features differ by whole points between ways of resizing (Parmar, Zhang and Zhu 2022,
/// https://arxiv.org/abs/2104.11222).</summary>
/// <param name="Side">Height and width that the network takes.</param>
/// <param name="CornersAligned">Bilinear between the centres of the corners, place i of N from i (n - 1) / (N - 1), and
/// sides that are too long made shorter by means of areas. If not, place i from i n / N, without half a pixel's shift
/// and without smoothing: TensorFlow 1's way, by which FID was defined.</param>
/// <param name="IsSigned">(p - 128) / 128 of a level p; if not, p / 255.</param>
public sealed record NetworkInput(int Side, bool CornersAligned, bool IsSigned)
{
    /// <summary>Those of nsfwjs, as its own program prepares pictures.</summary>
    /// <param name="side">224 or 299.</param>
    public static NetworkInput OfNsfwjs(int side) => new(side, CornersAligned: true, IsSigned: false);

    /// <summary>That of the Inception network of December 2015, as its graph prepares pictures.</summary>
    public static NetworkInput Of2015 { get; } = new(299, CornersAligned: false, IsSigned: true);

    /// <summary>Rounds to 256 levels, as in a file, repeats grey as three channels, resizes and scales.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1], C 1 or 3; what lies outside is cut off.</param>
    /// <returns>(B, 3, side, side)</returns>
    public Tensor Apply(Tensor images)
    {
        ArgumentNullException.ThrowIfNull(images);
        if (images.Rank != 4 || images.Size(1) is not (1 or 3))
            throw new ArgumentException("A network of photographs takes (B, 1, H, W) or (B, 3, H, W).", nameof(images));
        var p = (images.Clamp(0, 1) * 255).Round();
        if (CornersAligned && Math.Max(p.Size(2), p.Size(3)) > Side)
            p = p.AdaptiveAvgPool2d(Math.Min(p.Size(2), Side), Math.Min(p.Size(3), Side));
        var (rows, columns) = (Weights((int)p.Size(2), p.Device), Weights((int)p.Size(3), p.Device));
        p = rows.MatMul(p).MatMul(columns.T()); // (N, H) (B, C, H, W) (W, N) -> (B, C, N, N)
        var x = IsSigned ? (p - 128) / 128 : p / 255;
        return x.Expand(x.Size(0), 3, Side, Side);
    }

    /// <summary>All of it in one line, for protocols.</summary>
    public override string ToString() => $"8 bits, to {Side}x{Side} by "
        + (CornersAligned ? "bilinear interpolation with aligned corners, in [0, 1]"
            : "TensorFlow 1's bilinear interpolation, in [-1, 1)");

    // Row i holds the two weights of place i. Bilinear interpolation is a product with such matrices on both sides.
    private Tensor Weights(int from, Device device)
    {
        var weights = new float[Side * from];
        for (var i = 0; i < Side; i++)
        {
            var place = CornersAligned ? i * (from - 1.0) / (Side - 1) : i * (double)from / Side;
            var low = Math.Min((int)place, from - 1);
            weights[(i * from) + low] += (float)(1 - (place - low));
            weights[(i * from) + Math.Min(low + 1, from - 1)] += (float)(place - low);
        }

        return Tensor.From<float>(weights, device, Side, from);
    }
}
