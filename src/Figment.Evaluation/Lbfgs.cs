namespace Figment.Evaluation;

/// <summary>Minimises a smooth convex function: limited-memory BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithm
/// 7.5) with steps halved until they lower the function enough (Armijo). The same start gives the same path.</summary>
internal static class Lbfgs
{
    private const int Memory = 10;
    private const double Enough = 1e-4; // of the fall that the slope promises
    private const double ShortestStep = 1e-12;

    /// <param name="function">Value and gradient at a point.</param>
    /// <param name="start">Where to begin; not changed.</param>
    /// <param name="tolerance">Ends where no number of the gradient is larger.</param>
    /// <param name="mostSteps">Ends after so many steps.</param>
    /// <returns>The point, and the largest number of the gradient there.</returns>
    public static (double[] Point, double Gradient) Minimize(Func<double[], (double Value, double[] Gradient)> function,
        double[] start, double tolerance, int mostSteps)
    {
        var x = start;
        var (value, gradient) = function(x);
        var history = new List<(double[] Step, double[] Change)>();
        for (var n = 0; n < mostSteps && Largest(gradient) > tolerance; n++)
        {
            var way = Way(gradient, history);
            var slope = Dot(way, gradient);
            // Without a history nothing tells how far to go.
            var length = history.Count > 0 ? 1 : Math.Min(1, 1 / Math.Sqrt(Dot(gradient, gradient)));
            var next = Add(x, length, way);
            var (lower, steeper) = function(next);
            for (; !(lower <= value + (Enough * length * slope)) && length > ShortestStep; length /= 2)
                (lower, steeper) = function(next = Add(x, length / 2, way));
            if (!(lower <= value)) break; // rounding hides what is left to gain
            var (step, change) = (Add(next, -1, x), Add(steeper, -1, gradient));
            if (Dot(step, change) > 0) history.Add((step, change));
            if (history.Count > Memory) history.RemoveAt(0);
            (x, value, gradient) = (next, lower, steeper);
        }

        return (x, Largest(gradient));
    }

    // -H g, where H is the inverse Hessian that the last steps tell of: the two loops of algorithm 7.4.
    private static double[] Way(double[] gradient, List<(double[] Step, double[] Change)> history)
    {
        var q = Add(new double[gradient.Length], -1, gradient);
        var shares = new double[history.Count];
        for (var i = history.Count - 1; i >= 0; i--)
        {
            var (step, change) = history[i];
            shares[i] = Dot(step, q) / Dot(step, change);
            q = Add(q, -shares[i], change);
        }

        if (history.Count > 0)
        {
            var (step, change) = history[^1];
            q = Add(new double[q.Length], Dot(step, change) / Dot(change, change), q);
        }

        for (var i = 0; i < history.Count; i++)
        {
            var (step, change) = history[i];
            q = Add(q, shares[i] - (Dot(change, q) / Dot(step, change)), step);
        }

        return q;
    }

    private static double[] Add(double[] a, double factor, double[] b)
    {
        var sum = new double[a.Length];
        for (var i = 0; i < sum.Length; i++) sum[i] = a[i] + (factor * b[i]);
        return sum;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    private static double Largest(double[] numbers) => numbers.Max(Math.Abs);
}
