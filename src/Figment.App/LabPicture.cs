using System.Globalization;
using Figment.Data.Images;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models.Adversarial;
using Figment.Torch;

namespace Figment.App;

/// <summary>A laboratory's game as one picture. In a plane: samples over data; the discriminator as a map with the
/// pull on the generator; the best discriminator as a map. On a line: densities, both discriminators, and the
/// pull.</summary>
internal sealed class LabPicture
{
    private const int Panel = 480, Margin = 20, Head = 40, Foot = 60, Side = 120, LineSide = 240, Arrows = 16;
    private const int Dots = 2_000, Points = 20_000;
    private const double Letter = 9, SmoothCells = 2;
    private static readonly Rgb Ink = new(40, 40, 40), Frame = new(200, 200, 200), Nowhere = new(235, 235, 235);
    private static readonly Rgb OfData = new(51, 34, 136), OfSamples = new(221, 120, 30), OfBest = new(17, 119, 51);

    private readonly GanLab lab;
    private readonly PointGrid grid;
    private readonly float[] data, samples;
    private readonly double[] p, q, scores;
    private readonly double smoothing;
    private readonly PointModes? modes;

    private LabPicture(GanLab lab, DataSplits splits, PointModes? modes, Rng rng)
    {
        (this.lab, this.modes) = (lab, modes);
        data = LabMeasures.Read(splits.Train, splits.Transform, Points);
        samples = LabMeasures.Draw(lab, Points, rng);
        grid = PointGrid.Around(data, lab.Dimensions, lab.Dimensions == 1 ? LineSide : Side, 0.15);
        smoothing = SmoothCells * grid.Width;
        p = modes is null ? grid.Density(data, smoothing) : grid.Density(modes, smoothing);
        q = grid.Density(samples, smoothing);
        var centers = grid.Centers();
        scores = [.. Numbers(() => lab.Score(Tensor.From(centers, grid.Count, lab.Dimensions))).Select(s => (double)s)];
    }

    /// <param name="lab">The players.</param>
    /// <param name="data">Their data.</param>
    /// <param name="modes">The mixture that the data are, whose density is then exact; null where it is estimated from
    /// them.</param>
    /// <param name="rng">Draws the samples.</param>
    public static Image Draw(GanLab lab, DataSplits data, PointModes? modes, Rng rng)
    {
        var picture = new LabPicture(lab, data, modes, rng);
        return lab.Dimensions == 1 ? picture.Line() : picture.Plane();
    }

    private Image Plane()
    {
        var canvas = new Canvas((3 * (Panel + Margin)) + Margin, Head + Panel + Foot);
        int Left(int panel) => Margin + (panel * (Panel + Margin));
        Title(canvas, Left(0), "samples (orange) over data (blue)");
        Title(canvas, Left(1), lab.SaysProbability ? "D, 0 blue to 1 red; arrows: the generator's pull"
            : "scores, lowest blue to highest red; arrows: the generator's pull");
        Title(canvas, Left(2), "D* = p/(p + q)");
        Map(canvas, Left(1), Shown());
        Map(canvas, Left(2), Best());
        for (var panel = 0; panel < 3; panel++) Box(canvas, Left(panel), Panel);
        Scatter(canvas, Left(0), data, OfData);
        Scatter(canvas, Left(0), samples, OfSamples);
        Field(canvas, Left(1));
        Notes(canvas);
        return canvas.ToImage();
    }

    private Image Line()
    {
        var width = (2 * Panel) + Margin;
        var canvas = new Canvas(width + (2 * Margin), Head + Panel + Foot);
        Title(canvas, Margin, (lab.SaysProbability ? "D (black)" : "scores, lowest to highest (black)")
            + ", D* = p/(p + q) (green), densities of data (blue) and samples (orange)");
        Box(canvas, Margin, width);
        var tallest = Math.Max(p.Max(), q.Max());
        foreach (var (curve, colour) in ((double[], Rgb)[])
            [([.. p.Select(v => v / tallest)], OfData), ([.. q.Select(v => v / tallest)], OfSamples),
                (Best(), OfBest), (Shown(), Ink)])
            for (var cell = 0; cell + 1 < Side * 2; cell++)
                if (double.IsFinite(curve[cell] + curve[cell + 1]))
                    Stroke(canvas, (Margin + ((cell + 0.5) * width / LineSide), Height(curve[cell])),
                        (Margin + ((cell + 1.5) * width / LineSide), Height(curve[cell + 1])), 1.2, colour);
        Field(canvas, Margin, width);
        Notes(canvas);
        return canvas.ToImage();
    }

    private static double Height(double value) => Head + Panel - 24 - (value * (Panel - 48));

    // The discriminator as numbers between 0 and 1.
    private double[] Shown()
    {
        if (lab.SaysProbability) return [.. scores.Select(score => 1 / (1 + Math.Exp(-score)))];
        var (low, high) = (scores.Min(), scores.Max());
        return [.. scores.Select(score => high > low ? (score - low) / (high - low) : 0.5)];
    }

    // Not a number where there are neither data nor samples.
    private double[] Best()
    {
        var least = 1e-4 * Math.Max(p.Max(), q.Max());
        return [.. p.Zip(q, (a, b) => a + b > least ? a / (a + b) : double.NaN)];
    }

    private static void Map(Canvas canvas, int left, double[] values)
    {
        for (var cell = 0; cell < values.Length; cell++)
            canvas.Box(left + (cell % Side * (Panel / Side)), Head + Panel - ((1 + (cell / Side)) * (Panel / Side)),
                Panel / Side, Panel / Side, Shade(values[cell]));
    }

    // Blue, white, red.
    private static Rgb Shade(double value)
    {
        if (!double.IsFinite(value)) return Nowhere;
        var (far, end) = (Math.Abs((2 * value) - 1), value < 0.5 ? new Rgb(68, 119, 170) : new Rgb(204, 72, 82));
        byte Mix(byte ink) => (byte)Math.Round(255 + ((ink - 255) * far));
        return new Rgb(Mix(end.R), Mix(end.G), Mix(end.B));
    }

    private void Scatter(Canvas canvas, int left, float[] points, Rgb colour)
    {
        var step = Math.Max(1, points.Length / 2 / Dots);
        for (var i = 0; i < points.Length / 2; i += step)
        {
            var (x, y) = (grid.Place(points[2 * i]) / Side, grid.Place(points[(2 * i) + 1]) / Side);
            if (x is >= 0 and <= 1 && y is >= 0 and <= 1)
                canvas.Dot(left + (x * Panel), Head + ((1 - y) * Panel), 1.6, colour, 0.5);
        }
    }

    // Arrows as long as the pull where it is weak, and no longer than their cell where it is strong.
    private void Field(Canvas canvas, int left, int width = Panel)
    {
        var coarse = new PointGrid(lab.Dimensions, grid.Centers()[0], grid.Centers()[^1], Arrows);
        var places = coarse.Centers();
        var pull = Numbers(() => lab.Pull(Tensor.From(places, coarse.Count, lab.Dimensions)));
        var strengths = Enumerable.Range(0, coarse.Count).Select(i => Math.Sqrt(Enumerable.Range(0, lab.Dimensions)
            .Sum(d => Math.Pow(pull[(i * lab.Dimensions) + d], 2)))).ToArray();
        var usual = Math.Max(strengths.Order().ElementAt(coarse.Count / 2), 1e-12);
        for (var i = 0; i < coarse.Count; i++)
        {
            if (strengths[i] == 0) continue;
            var length = 0.8 * width / Arrows * Math.Min(1, strengths[i] / usual) / strengths[i];
            var x = left + (grid.Place(places[i * lab.Dimensions]) / grid.Side * width);
            var y = lab.Dimensions == 1 ? Head + Panel - 10
                : Head + ((1 - (grid.Place(places[(2 * i) + 1]) / Side)) * Panel);
            var tip = (X: x + (length * pull[i * lab.Dimensions]),
                Y: lab.Dimensions == 1 ? y : y - (length * pull[(2 * i) + 1]));
            Stroke(canvas, (x, y), tip, 0.6, Ink);
            canvas.Dot(tip.X, tip.Y, 2, Ink);
        }
    }

    private void Notes(Canvas canvas)
    {
        var line = Head + Panel + 22;
        canvas.Text(string.Create(CultureInfo.InvariantCulture, $"p: {(modes is null ? "kernel density of the data"
            : "the mixture's own density")}; q: kernel density of {Points:N0} samples; both spread by {smoothing:G2}"),
            Margin, line, Letter, Ink);
        if (modes is null) return;
        var figures = LabMeasures.Found(samples, modes);
        canvas.Text(string.Create(CultureInfo.InvariantCulture, $"{figures.Found.Mean} of {modes.Centers.Count} modes; "
            + $"{100 * figures.HighQuality!.Value.Mean:F1} % of the samples within 3 sigma of one"),
            Margin, line + 22, Letter, Ink);
    }

    private static void Title(Canvas canvas, int left, string text) => canvas.Text(text, left, Head - 12, Letter, Ink);

    private static void Box(Canvas canvas, int left, int width)
    {
        canvas.Box(left, Head, width, 1, Frame);
        canvas.Box(left, Head + Panel, width, 1, Frame);
        canvas.Box(left, Head, 1, Panel, Frame);
        canvas.Box(left + width, Head, 1, Panel, Frame);
    }

    private static void Stroke(Canvas canvas, (double X, double Y) from, (double X, double Y) to, double radius,
        Rgb colour)
    {
        var steps = Math.Max(1, (int)Math.Ceiling(Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y))));
        for (var step = 0; step <= steps; step++)
            canvas.Dot(from.X + ((to.X - from.X) * step / steps), from.Y + ((to.Y - from.Y) * step / steps), radius,
                colour);
    }

    private static float[] Numbers(Func<Tensor> make) =>
        TensorScope.Run(() => NoGrad.Run(() => make().ToArray<float>()));
}
