using Figment.Torch;

namespace Figment.Models;

/// <summary>Images moved by whole pixels, each its own way.</summary>
internal static class RandomShift
{
    /// <summary>Each image moved by up to (dy, dx) pixels, every shift as likely; what comes in is 0. With a
    /// gradient.</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <param name="dy">The longest shift up or down.</param>
    /// <param name="dx">The longest shift left or right.</param>
    /// <param name="rng">Draws the shifts.</param>
    public static Tensor Apply(Tensor x, long dy, long dx, Rng rng)
    {
        var (B, H, W) = (x.Size(0), x.Size(2), x.Size(3));
        var wide = x.Pad([dx, dx, dy, dy], "constant", 0); // (B, C, H + 2 dy, W + 2 dx)
        var top = rng.Integers(0, (2 * dy) + 1, [B, 1, 1]) + Tensor.Arange(H, device: x.Device).View(1, H, 1);
        var left = rng.Integers(0, (2 * dx) + 1, [B, 1, 1]) + Tensor.Arange(W, device: x.Device).View(1, 1, W);
        var which = Tensor.Arange(B, device: x.Device).View(B, 1, 1);
        return wide.Permute(0, 2, 3, 1)[which, top, left].Permute(0, 3, 1, 2);
    }
}
