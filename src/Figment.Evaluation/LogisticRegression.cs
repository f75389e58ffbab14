using Figment.Torch;

namespace Figment.Evaluation;

/// <summary>
/// Multinomial logistic regression, p(y|x) = softmax(x W + b)_y, fitted by minimising the mean of -log p(y|x) plus
/// penalty / 2 |W|^2 over all examples at once, in double precision.
/// </summary>
public sealed class LogisticRegression
{
    private const double Tolerance = 1e-5;
    private const int MostSteps = 1_000;

    private readonly double[] weights; // W (J, C) by rows, then b (C)
    private readonly int inputs, classes;

    private LogisticRegression(double[] weights, int inputs, int classes, double gradient) =>
        (this.weights, this.inputs, this.classes, LargestGradient) = (weights, inputs, classes, gradient);

    /// <summary>The largest number of the objective's gradient at these weights: 0 at the optimum.</summary>
    public double LargestGradient { get; }

    /// <summary>W by rows: a row for each of the J inputs, C numbers in it.</summary>
    public ReadOnlySpan<double> Weights => weights.AsSpan(0, inputs * classes);

    /// <summary>b, C numbers; they carry no penalty.</summary>
    public ReadOnlySpan<double> Biases => weights.AsSpan(inputs * classes);

    /// <summary>Fits the weights.</summary>
    /// <param name="x">(N, J), Float64.</param>
    /// <param name="labels">(N), Int64, from 0 to <paramref name="classes"/> - 1.</param>
    /// <param name="classes">C</param>
    /// <param name="penalty">Of the weights' squares, at least 0.</param>
    /// <param name="start">A fit of the same form to begin at; null begins at 0.</param>
    /// <param name="tolerance">Ends where no number of the gradient is larger.</param>
    /// <param name="cancellation">Stops between two steps.</param>
    /// <exception cref="ArgumentException">Examples and labels differ in number, or are none.</exception>
    public static LogisticRegression Fit(Tensor x, Tensor labels, int classes, double penalty,
        LogisticRegression? start = null, double tolerance = Tolerance, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentOutOfRangeException.ThrowIfNegative(penalty);
        if (x.Rank != 2 || x.Size(0) == 0 || labels.Rank != 1 || labels.Size(0) != x.Size(0))
            throw new ArgumentException("A regression takes examples (N, J) and a label (N) of each.");
        var inputs = (int)x.Size(1);
        var (point, gradient) = TensorScope.Run(() => NoGrad.Run(() =>
        {
            var target = labels.OneHot(classes).To(DType.Float64); // (N, C)
            return Lbfgs.Minimize(point =>
            {
                cancellation.ThrowIfCancellationRequested();
                return TensorScope.Run(() => Objective(x, target, point, penalty));
            }, start?.weights ?? new double[(inputs + 1) * classes], tolerance, MostSteps);
        }));
        return new LogisticRegression(point, inputs, classes, gradient);
    }

    /// <summary>log p(y|x) of every class.</summary>
    /// <param name="x">(N, J), Float64.</param>
    /// <returns>(N, C)</returns>
    public Tensor LogProbabilities(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        var (w, b) = Parts(weights, inputs, classes);
        return (x.MatMul(w) + b).LogSoftmax(1);
    }

    private static (Tensor W, Tensor B) Parts(double[] point, long inputs, int classes) =>
        (Tensor.From<double>(point.AsSpan(0, point.Length - classes), inputs, classes),
            Tensor.From<double>(point.AsSpan(point.Length - classes), classes));

    // The objective, and d/dW = x^T (p - y) / N + penalty W, d/db = the mean of p - y.
    private static (double Value, double[] Gradient) Objective(Tensor x, Tensor target, double[] point, double penalty)
    {
        var (w, b) = Parts(point, x.Size(1), (int)target.Size(1));
        var logP = (x.MatMul(w) + b).LogSoftmax(1);
        var value = (0.5 * penalty * w.Square().Sum()) - ((logP * target).Sum() / x.Size(0));
        var error = (logP.Exp() - target) / x.Size(0); // (N, C)
        var gradient = Ops.Cat([(x.T().MatMul(error) + (penalty * w)).Flatten(), error.Sum([0])]);
        return (value.ToDouble(), gradient.ToArray<double>());
    }
}
