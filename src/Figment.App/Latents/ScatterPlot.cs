using System.Globalization;
using Figment.Data.Images;

namespace Figment.App;

/// <summary>Points in a plane, coloured by class, with axes and a legend.</summary>
internal static class ScatterPlot
{
    private const int Side = 800, Margin = 60, LegendColumn = 150, LegendRow = 22;
    private const double LetterHeight = 10;
    private static readonly Rgb Ink = new(60, 60, 60), Grid = new(225, 225, 225);

    // Ten colours that stay apart for most colour-blind readers (P. Tol, "muted" and "bright"); more classes go round
    // the colour wheel.
    private static readonly Rgb[] Ten =
    [
        new(51, 34, 136), new(221, 170, 51), new(17, 119, 51), new(238, 102, 119), new(136, 204, 238),
        new(136, 34, 85), new(153, 153, 51), new(68, 119, 170), new(204, 102, 0), new(0, 0, 0),
    ];

    /// <param name="points">(x, y).</param>
    /// <param name="labels">The class of each point, or -1.</param>
    /// <param name="names">The classes' names; empty draws no legend.</param>
    /// <param name="axes">What the axes are.</param>
    public static Image Draw(IReadOnlyList<(double X, double Y)> points, IReadOnlyList<int> labels,
        IReadOnlyList<string> names, (string X, string Y) axes)
    {
        var (left, right) = Range(points.Select(point => point.X));
        var (bottom, top) = Range(points.Select(point => point.Y));
        var rows = Math.Max(1, (Side - Margin) / LegendRow);
        var canvas = new Canvas(
            Side + Margin + (names.Count == 0 ? 0 : LegendColumn * ((names.Count + rows - 1) / rows)), Side + Margin);
        double Column(double x) => Margin + ((x - left) / (right - left) * (Side - Margin));
        double Row(double y) => Side - ((y - bottom) / (top - bottom) * (Side - Margin));

        foreach (var x in Ticks(left, right))
        {
            canvas.Box((int)Column(x), Margin, 1, Side - Margin, Grid);
            var text = x.ToString(CultureInfo.InvariantCulture);
            canvas.Text(text, (int)Column(x) - (Canvas.TextWidth(text, LetterHeight) / 2), Side + 18, LetterHeight,
                Ink);
        }

        foreach (var y in Ticks(bottom, top))
        {
            canvas.Box(Margin, (int)Row(y), Side - Margin, 1, Grid);
            var text = y.ToString(CultureInfo.InvariantCulture);
            canvas.Text(text, Margin - 8 - Canvas.TextWidth(text, LetterHeight), (int)Row(y) + 4, LetterHeight, Ink);
        }

        canvas.Text(axes.X, Margin, Side + 42, LetterHeight, Ink);
        canvas.Text(axes.Y, 8, Margin - 20, LetterHeight, Ink);
        var opacity = Math.Clamp(3000.0 / points.Count, 0.25, 0.9);
        for (var i = 0; i < points.Count; i++)
            canvas.Dot(Column(points[i].X), Row(points[i].Y), 2.5,
                labels[i] < 0 ? Ink : ColourOf(labels[i], names.Count), opacity);
        for (var label = 0; label < names.Count; label++)
        {
            var (x, y) = (Side + 24 + (label / rows * LegendColumn), Margin + (label % rows * LegendRow));
            canvas.Dot(x, y, 5, ColourOf(label, names.Count));
            canvas.Text(names[label].Length > 14 ? names[label][..13] + "." : names[label], x + 14, y + 5, LetterHeight,
                Ink);
        }

        return canvas.ToImage();
    }

    private static (double Low, double High) Range(IEnumerable<double> values)
    {
        var (low, high) = (values.Min(), values.Max());
        var edge = high > low ? 0.04 * (high - low) : 1;
        return (low - edge, high + edge);
    }

    // About six round numbers: steps of 1, 2 or 5 times a power of ten.
    private static IEnumerable<double> Ticks(double low, double high)
    {
        var raw = (high - low) / 6;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * (raw / power < 1.5 ? 1 : raw / power < 3.5 ? 2 : raw / power < 7.5 ? 5 : 10);
        for (var n = Math.Ceiling(low / step); n * step <= high; n++)
            yield return Math.Round(n * step, 10);
    }

    private static Rgb ColourOf(int label, int classes)
    {
        if (classes <= Ten.Length) return Ten[label % Ten.Length];
        // Hue in sixths of the wheel, two lightnesses in turn.
        var hue = 6.0 * label / classes;
        var strength = label % 2 == 0 ? 220 : 140;
        byte Part(double offset) =>
            (byte)(strength * Math.Clamp(Math.Abs(((hue + offset) % 6) - 3) - 1, 0, 1));
        return new Rgb(Part(0), Part(4), Part(2));
    }
}
