using Figment.Torch;

namespace Figment.Models.Adversarial.Game;

// The transforms of Karras et al. 2020 (https://arxiv.org/abs/2006.06676), appendix B, with its strengths. Each kind is
// a small matrix an image, drawn with probability p and else the identity; those of one group are multiplied, and
// images move once. An image whose product is the identity keeps its bits.

/// <summary>One matrix an image, (B, n, n).</summary>
internal static class Matrices
{
    /// <summary>Of each kind: with its probability the image's own matrix, else the identity.</summary>
    public static IEnumerable<Tensor> Drawn(Rng rng, params (Tensor Probability, Tensor Matrix)[] kinds) =>
        kinds.Select(kind => Ops.Where(rng.Uniform([kind.Matrix.Size(0), 1, 1]) < kind.Probability, kind.Matrix,
            Identity(kind.Matrix)));

    /// <summary>What was changed where a matrix is not the identity, else what was.</summary>
    public static Tensor Chosen(Tensor matrix, Tensor changed, Tensor x) =>
        Ops.Where(matrix.Ne(Identity(matrix)).Flatten(1).Any(1).View(-1, 1, 1, 1), changed, x);

    private static Tensor Identity(Tensor like) =>
        Tensor.Ones([like.Size(1)], like.DType, like.Device).Diag(); // (n, n)
}

/// <summary>Affine maps of the plane in pixels from the middle of the image, x to the right and y down. What an image
/// becomes is found backwards: a place of the output is taken to the place of the input that it shows.</summary>
internal static class Plane
{
    /// <param name="numbers">The first two rows of each matrix: six times (B).</param>
    private static Tensor Map(params ReadOnlySpan<Tensor> numbers)
    {
        var (zero, one) = (numbers[0].ZerosLike(), numbers[0].OnesLike());
        return Ops.Stack([.. numbers, zero, zero, one], 1).View(-1, 3, 3);
    }

    public static Tensor Shift(Tensor x, Tensor y)
    {
        var (zero, one) = (x.ZerosLike(), x.OnesLike());
        return Map(one, zero, x, zero, one, y);
    }

    public static Tensor Scale(Tensor x, Tensor y)
    {
        var zero = x.ZerosLike();
        return Map(x, zero, zero, zero, y, zero);
    }

    public static Tensor Turn(Tensor cos, Tensor sin)
    {
        var zero = cos.ZerosLike();
        return Map(cos, -sin, zero, sin, cos, zero);
    }

    /// <summary>One map from output to input, of the inverses of maps in the order in which they are done.</summary>
    public static Tensor Backwards(IEnumerable<Tensor> inverses) =>
        inverses.Aggregate((first, then) => first.MatMul(then));

    /// <summary>The row and the column of the input that each place of the output shows, as real numbers.</summary>
    /// <param name="inverse">From output to input, (B, 3, 3).</param>
    /// <param name="size">Height and width of the input.</param>
    /// <param name="rows">Rows of the output, in those of the input: (h).</param>
    /// <param name="columns">Its columns: (w).</param>
    /// <param name="margin">Pixels beyond the outer ones that the input still has; what lies farther out is reflected
    /// at the outer ones.</param>
    /// <returns>(B, h, w) each.</returns>
    public static (Tensor Row, Tensor Column) Sources(Tensor inverse, (long H, long W) size, Tensor rows,
        Tensor columns, double margin = 0)
    {
        var (middleY, middleX) = ((size.H - 1) / 2.0, (size.W - 1) / 2.0);
        var (y, x) = ((rows - middleY).View(1, -1, 1), (columns - middleX).View(1, 1, -1));
        Tensor Coordinate(int i) => (inverse[.., i, 0].View(-1, 1, 1) * x) + (inverse[.., i, 1].View(-1, 1, 1) * y)
            + inverse[.., i, 2].View(-1, 1, 1);
        return (Reflected(Coordinate(1) + middleY, size.H, margin), Reflected(Coordinate(0) + middleX, size.W, margin));
    }

    private static Tensor Reflected(Tensor at, long n, double margin)
    {
        if (n == 1) return at.ZerosLike();
        var inside = n - 1 - (at.Remainder(2 * (n - 1)) - (n - 1)).Abs(); // ..., 2, 1, 0, 1, 2, ..., n - 1, n - 2, ...
        return Ops.Where((at >= -margin) & (at <= n - 1 + margin), at, inside);
    }
}

/// <summary>Transforms that copy pixels as they are: flip, turn by 90 degrees, shift by whole pixels.</summary>
internal static class PixelBlitting
{
    private const double Shift = 0.125; // of the side

    public static Tensor Apply(Tensor x, Tensor p, Rng rng)
    {
        var (B, H, W) = (x.Size(0), x.Size(2), x.Size(3));
        Tensor Pixels(long side) => (rng.Uniform([B], -Shift, Shift) * side).Round();
        return Blit(x, Plane.Backwards(Matrices.Drawn(rng,
            (p, Flip(rng.Integers(0, 2, [B]))),
            (p, QuarterTurn(rng.Integers(0, 4, [B]))),
            (p, Plane.Shift(-Pixels(W), -Pixels(H))))));
    }

    /// <param name="i">1 mirrors left and right, 0 does not; (B).</param>
    public static Tensor Flip(Tensor i)
    {
        var sign = (1 - (2 * i)).To(DType.Float32);
        return Plane.Scale(sign, sign.OnesLike());
    }

    /// <param name="i">Turns by 90 degrees to the left, 0 to 3; (B).</param>
    public static Tensor QuarterTurn(Tensor i)
    {
        Tensor Of(params float[] values) => Tensor.From<float>(values, i.Device, 4).IndexSelect(0, i);
        return Plane.Turn(Of(1, 0, -1, 0), Of(0, 1, 0, -1)); // cosine and sine without rounding
    }

    /// <summary>Each pixel of the output is one of the input.</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <param name="inverse">From output to input, (B, 3, 3).</param>
    public static Tensor Blit(Tensor x, Tensor inverse)
    {
        var (B, H, W) = (x.Size(0), x.Size(2), x.Size(3));
        Tensor All(long n) => Tensor.Arange(n, DType.Float32, x.Device);
        var (row, column) = Plane.Sources(inverse, (H, W), All(H), All(W));
        // Where one side is odd and the other even, a quarter turn ends between two pixels.
        static Tensor Whole(Tensor at) => (at + 0.5).Floor().To(DType.Int64);
        var which = Tensor.Arange(B, device: x.Device).View(B, 1, 1);
        var moved = x.Permute(0, 2, 3, 1)[which, Whole(row), Whole(column)].Permute(0, 3, 1, 2);
        return Matrices.Chosen(inverse, moved, x);
    }
}

/// <summary>Transforms that need pixels between the pixels: scales, rotations, shifts by any amount. The image is
/// doubled and halved again by the filters of an orthogonal wavelet, between which it is read by straight lines, so
/// that nothing is aliased and the identity is exact.</summary>
internal static class GeometricTransforms
{
    private const double ScaleSpread = 0.2; // of log2
    private const double ShiftSpread = 0.125; // of the side

    // The scaling filter of the least asymmetric orthogonal wavelet with six vanishing moments (Daubechies 1992, sym6);
    // its own sums of products of even lags are 0, and it sums up to sqrt(2).
    private static readonly double[] sym6 =
    [
        0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466,
        0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578,
        0.0017677118642428036, -0.007800708325034148,
    ];

    // Where the filter's middle lies: with it straight ramps stay as they are.
    private static readonly double middle = sym6.Select((h, k) => k * h).Sum() / sym6.Sum();

    private const int Padding = 6; // pixels on each side, reflected
    private const double Margin = 3; // pixels of them that doubling leaves whole

    public static Tensor Apply(Tensor x, Tensor p, Rng rng)
    {
        var (B, H, W) = (x.Size(0), x.Size(2), x.Size(3));
        var pRot = 1 - (1 - p).Sqrt(); // P(either rotation) = p
        Tensor Power() => (rng.Normal([B], 0, ScaleSpread) * Math.Log(2)).Exp();
        Tensor Turn() => Rotation(rng.Uniform([B], -Math.PI, Math.PI));
        Tensor Pixels(long side) => rng.Normal([B], 0, ShiftSpread) * side;
        var (s, a) = (Power(), Power());
        return Warp(x, Plane.Backwards(Matrices.Drawn(rng,
            (p, Plane.Scale(1 / s, 1 / s)), (pRot, Turn()), (p, Plane.Scale(1 / a, a)), (pRot, Turn()),
            (p, Plane.Shift(-Pixels(W), -Pixels(H))))));
    }

    /// <param name="theta">Radians to the left, (B).</param>
    public static Tensor Rotation(Tensor theta) => Plane.Turn(theta.Cos(), theta.Sin());

    /// <summary>Each place of the output shows one of the input.</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <param name="inverse">From output to input, (B, 3, 3).</param>
    public static Tensor Warp(Tensor x, Tensor inverse)
    {
        var (H, W) = (x.Size(2), x.Size(3));
        var fine = Doubling(H, x).MatMul(x).MatMul(Doubling(W, x).Transpose(0, 1)); // (B, C, 2 H + 14, 2 W + 14)
        Tensor Fine(long n) => (Tensor.Arange((2 * n) + sym6.Length - 2, DType.Float32, x.Device) - middle) / 2;
        var (row, column) = Plane.Sources(inverse, (H, W), Fine(H), Fine(W), Margin);
        // Pixel i of the input lies at 2 i + this in the doubled image, whose first sym6.Length - 2 are left out.
        var offset = (2 * Padding) + middle - (sym6.Length - 2);
        var moved = Interpolate(fine, (2 * row) + offset, (2 * column) + offset);
        return Matrices.Chosen(inverse,
            Halving(H, x).MatMul(moved).MatMul(Halving(W, x).Transpose(0, 1)), x);
    }

    /// <summary>The values at real rows and columns, by straight lines between the nearest pixels.</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <param name="row">(B, h, w), 0 to H - 1.</param>
    /// <param name="column">(B, h, w), 0 to W - 1.</param>
    /// <returns>(B, C, h, w)</returns>
    internal static Tensor Interpolate(Tensor x, Tensor row, Tensor column)
    {
        if (x.Device.IsCuda) return InterpolateByIndex(x, row, column);
        static Tensor Share(Tensor at, long n) => (at * (2.0 / (n - 1))) - 1;
        var places = Ops.Stack([Share(column, x.Size(3)), Share(row, x.Size(2))], -1).To(x.DType); // (B, h, w, 2)
        return Ops.GridSampler(x, places, interpolationMode: 0, paddingMode: 1, alignCorners: true);
    }

    /// <summary>The same of operators whose gradient is deterministic on a GPU too.</summary>
    internal static Tensor InterpolateByIndex(Tensor x, Tensor row, Tensor column)
    {
        var pixels = x.Permute(0, 2, 3, 1); // (B, H, W, C)
        var which = Tensor.Arange(x.Size(0), device: x.Device).View(-1, 1, 1);
        var (top, left) = (row.Floor(), column.Floor());
        Tensor Corner(int down, int right)
        {
            static Tensor Index(Tensor at, long n) => at.Clamp(0, n - 1).To(DType.Int64);
            var weight = (1 - (row - top - down).Abs()) * (1 - (column - left - right).Abs()); // (B, h, w)
            return pixels[which, Index(top + down, x.Size(2)), Index(left + right, x.Size(3))]
                * weight.Unsqueeze(-1).To(x.DType);
        }

        return (Corner(0, 0) + Corner(0, 1) + Corner(1, 0) + Corner(1, 1)).Permute(0, 3, 1, 2);
    }

    // (2 n + 14, n): pads n pixels by reflection, puts zeros between and filters; only what the whole filter saw.
    private static Tensor Doubling(long n, Tensor like)
    {
        var (taps, padded) = (sym6.Length, n + (2 * Padding));
        var rows = (2 * padded) - (taps - 2);
        var matrix = new double[rows * n];
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < padded; i++)
                if (row + taps - 2 - (2 * i) is var k and >= 0 && k < taps)
                    matrix[(row * n) + Reflected(i - Padding, n)] += Math.Sqrt(2) * sym6[k];
        return Tensor.From<double>(matrix, like.Device, rows, n).To(like.DType);
    }

    // (n, 2 n + 10): filters, and keeps every other.
    private static Tensor Halving(long n, Tensor like)
    {
        var columns = (2 * n) + sym6.Length - 2;
        var matrix = new double[n * columns];
        for (var row = 0; row < n; row++)
            for (var k = 0; k < sym6.Length; k++)
                matrix[(row * columns) + (2 * row) + k] = sym6[k] / Math.Sqrt(2);
        return Tensor.From<double>(matrix, like.Device, n, columns).To(like.DType);
    }

    private static long Reflected(long at, long n)
    {
        if (n == 1) return 0;
        var inside = ((at % (2 * (n - 1))) + (2 * (n - 1))) % (2 * (n - 1));
        return Math.Min(inside, (2 * (n - 1)) - inside);
    }
}

/// <summary>Affine maps of a pixel's C colours, (C + 1, C + 1); v is the direction of grey, (1, ..., 1) / sqrt(C).
/// </summary>
internal static class ColorTransforms
{
    private const double BrightnessSpread = 0.2, ContrastSpread = 0.5, SaturationSpread = 1; // the last two of log2

    public static Tensor Apply(Tensor x, Tensor p, Rng rng)
    {
        var (B, color) = (x.Size(0), new ColorSpace(x.Size(1), x.Device));
        Tensor Power(double spread) => (rng.Normal([B], 0, spread) * Math.Log(2)).Exp();
        List<(Tensor, Tensor)> kinds =
        [
            (p, color.Brightness(rng.Normal([B], 0, BrightnessSpread))), (p, color.Contrast(Power(ContrastSpread))),
            (p, color.LumaFlip(rng.Integers(0, 2, [B]))),
        ];
        if (x.Size(1) == 3) kinds.Add((p, color.Hue(rng.Uniform([B], -Math.PI, Math.PI))));
        if (x.Size(1) > 1) kinds.Add((p, color.Saturation(Power(SaturationSpread))));
        return Recolor(x, Matrices.Drawn(rng, [.. kinds]).Aggregate((first, then) => then.MatMul(first)));
    }

    /// <summary>Each pixel's colours by its image's map.</summary>
    /// <param name="x">(B, C, H, W)</param>
    /// <param name="map">(B, C + 1, C + 1)</param>
    public static Tensor Recolor(Tensor x, Tensor map)
    {
        var (c, m) = ((int)x.Size(1), map.To(x.DType));
        var changed = m[.., ..c, ..c].MatMul(x.Flatten(2)) + m[.., ..c, c..]; // (B, C, H W)
        return Matrices.Chosen(map, changed.View(x.Shape), x);
    }
}

/// <summary>The maps, one for each of the numbers (B).</summary>
internal sealed class ColorSpace(long channels, Device device)
{
    // Of (C + 1, C + 1): v v^T; the identity of the colours; the shift of all alike; what keeps the last row.
    private readonly Tensor grey = Square(channels, device,
        (i, j) => i < channels && j < channels ? 1.0 / channels : 0);
    private readonly Tensor colors = Square(channels, device, (i, j) => i == j && i < channels ? 1 : 0);
    private readonly Tensor shift = Square(channels, device, (i, j) => i < channels && j == channels ? 1 : 0);
    private readonly Tensor last = Square(channels, device, (i, j) => i == j && i == channels ? 1 : 0);

    // v x, the cross product with v, of three channels.
    private readonly Tensor cross = Square(channels, device, (i, j) => i < 3 && j < 3
        ? (((i - j + 3) % 3) switch { 1 => 1, 2 => -1, _ => 0 }) / Math.Sqrt(3) : 0);

    /// <summary>x + b.</summary>
    public Tensor Brightness(Tensor b) => colors + last + (Each(b) * shift);

    /// <summary>c x.</summary>
    public Tensor Contrast(Tensor c) => (Each(c) * colors) + last;

    /// <summary>x mirrored at the plane without grey where i is 1: I - 2 v v^T i.</summary>
    public Tensor LumaFlip(Tensor i) => colors + last - (2 * Each(i) * grey);

    /// <summary>Colours turned about grey by an angle (Rodrigues' formula), of three channels.</summary>
    public Tensor Hue(Tensor theta) =>
        grey + (Each(theta.Cos()) * (colors - grey)) + (Each(theta.Sin()) * cross) + last;

    /// <summary>What is not grey, s times.</summary>
    public Tensor Saturation(Tensor s) => grey + (Each(s) * (colors - grey)) + last;

    private static Tensor Each(Tensor numbers) => numbers.View(-1, 1, 1);

    private static Tensor Square(long channels, Device device, Func<long, long, double> entry)
    {
        var n = channels + 1;
        var numbers = new float[n * n];
        for (var i = 0L; i < n; i++)
            for (var j = 0L; j < n; j++)
                numbers[(i * n) + j] = (float)entry(i, j);
        return Tensor.From<float>(numbers, device, n, n);
    }
}
