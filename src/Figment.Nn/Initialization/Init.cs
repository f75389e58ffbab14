using Figment.Torch;

namespace Figment.Nn;

/// <summary>Which fan a variance-keeping initialiser divides by.</summary>
public enum Fan
{
    /// <summary>Inputs a unit: keeps the variance of activations.</summary>
    In,

    /// <summary>Outputs a unit: keeps the variance of gradients.</summary>
    Out,
}

/// <summary>The non-linearity after a layer, which sets the gain of its initialiser.</summary>
public enum Nonlinearity
{
    /// <summary>None, or a convolution: gain 1.</summary>
    Linear,

    /// <summary>Gain 1.</summary>
    Sigmoid,

    /// <summary>Gain 5/3.</summary>
    Tanh,

    /// <summary>Gain sqrt(2).</summary>
    Relu,

    /// <summary>Gain sqrt(2 / (1 + slope^2)).</summary>
    LeakyRelu,

    /// <summary>Gain 3/4.</summary>
    Selu,
}

/// <summary>
/// The named initialisers, with PyTorch's definitions. Each overwrites a tensor in place and draws in logical order, so
/// that a seed gives the same numbers whatever the tensor's layout and device.
/// </summary>
/// <remarks>
/// Glorot and Bengio 2010 (Xavier), He et al. 2015 (Kaiming), Saxe et al. 2013 (orthogonal). A weight's second
/// dimension counts inputs, its first outputs, and the rest are a kernel's.
/// </remarks>
public static class Init
{
    /// <summary>Uniform in [low, high).</summary>
    public static void Uniform(Tensor tensor, Rng rng, double low = 0, double high = 1) =>
        Fill(tensor, shape => Fresh(tensor, shape).UniformInPlace(rng, low, high));

    /// <summary>Normal with the given mean and standard deviation.</summary>
    public static void Normal(Tensor tensor, Rng rng, double mean = 0, double std = 1) =>
        Fill(tensor, shape => Fresh(tensor, shape).NormalInPlace(rng, mean, std));

    /// <summary>Normal, restricted to [low, high] (not in units of <paramref name="std"/>).</summary>
    public static void TruncatedNormal(Tensor tensor, Rng rng, double mean = 0, double std = 1, double low = -2,
        double high = 2) => Fill(tensor, shape =>
    {
        var (from, to) = (NormalCdf((low - mean) / std), NormalCdf((high - mean) / std));
        // The inverse distribution function of a uniform number between the bounds' own probabilities.
        return Fresh(tensor, shape).UniformInPlace(rng, (2 * from) - 1, (2 * to) - 1)
            .Erfinv().MulInPlace(std * Math.Sqrt(2)).AddInPlace(mean).ClampInPlace(low, high);
    });

    /// <summary>Every element the same.</summary>
    public static void Constant(Tensor tensor, double value) => NoGrad.Run(() => { tensor.FillInPlace(value); });

    /// <summary>Every element 0.</summary>
    public static void Zeros(Tensor tensor) => Constant(tensor, 0);

    /// <summary>Every element 1.</summary>
    public static void Ones(Tensor tensor) => Constant(tensor, 1);

    /// <summary>Uniform within gain * sqrt(6 / (fan in + fan out)).</summary>
    public static void XavierUniform(Tensor tensor, Rng rng, double gain = 1)
    {
        var bound = gain * Math.Sqrt(6.0 / (FanOf(tensor, Fan.In) + FanOf(tensor, Fan.Out)));
        Uniform(tensor, rng, -bound, bound);
    }

    /// <summary>Normal of standard deviation gain * sqrt(2 / (fan in + fan out)).</summary>
    public static void XavierNormal(Tensor tensor, Rng rng, double gain = 1) =>
        Normal(tensor, rng, 0, gain * Math.Sqrt(2.0 / (FanOf(tensor, Fan.In) + FanOf(tensor, Fan.Out))));

    /// <summary>Uniform within gain * sqrt(3 / fan).</summary>
    /// <param name="tensor">The weight, of at least two dimensions.</param>
    /// <param name="rng">Where the draws come from.</param>
    /// <param name="fan">Which fan to divide by.</param>
    /// <param name="nonlinearity">What follows the layer.</param>
    /// <param name="slope">The negative slope of a leaky rectifier.</param>
    public static void KaimingUniform(Tensor tensor, Rng rng, Fan fan = Fan.In,
        Nonlinearity nonlinearity = Nonlinearity.LeakyRelu, double slope = 0)
    {
        var bound = Gain(nonlinearity, slope) * Math.Sqrt(3.0 / FanOf(tensor, fan));
        Uniform(tensor, rng, -bound, bound);
    }

    /// <summary>Normal of standard deviation gain / sqrt(fan); see <see cref="KaimingUniform"/>.</summary>
    public static void KaimingNormal(Tensor tensor, Rng rng, Fan fan = Fan.In,
        Nonlinearity nonlinearity = Nonlinearity.LeakyRelu, double slope = 0) =>
        Normal(tensor, rng, 0, Gain(nonlinearity, slope) / Math.Sqrt(FanOf(tensor, fan)));

    /// <summary>Rows (or columns, where there are fewer) orthonormal, times a gain; a kernel is flattened.</summary>
    public static void Orthogonal(Tensor tensor, Rng rng, double gain = 1) => Fill(tensor, shape =>
    {
        if (shape.Length < 2)
            throw new ArgumentException("An orthogonal initialiser needs at least two dimensions.", nameof(tensor));
        var rows = shape[0];
        var columns = shape[1..].Aggregate(1L, (product, size) => product * size);
        var normal = Fresh(tensor, [Math.Max(rows, columns), Math.Min(rows, columns)]).NormalInPlace(rng);
        var (q, r) = Ops.LinalgQr(normal);
        q = q * r.Diagonal().Sign(); // makes the draw uniform over orthogonal matrices
        return (rows < columns ? q.Transpose(0, 1) : q).MulInPlace(gain).Reshape(shape);
    });

    /// <summary>PyTorch's recommended gain for a non-linearity.</summary>
    public static double Gain(Nonlinearity nonlinearity, double slope = 0.01) => nonlinearity switch
    {
        Nonlinearity.Tanh => 5.0 / 3,
        Nonlinearity.Relu => Math.Sqrt(2),
        Nonlinearity.LeakyRelu => Math.Sqrt(2 / (1 + (slope * slope))),
        Nonlinearity.Selu => 0.75,
        _ => 1,
    };

    /// <summary>How many inputs or outputs a unit of the weight has.</summary>
    public static long FanOf(Tensor tensor, Fan fan)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.Rank < 2)
            throw new ArgumentException("A fan needs a weight of at least two dimensions.", nameof(tensor));
        var kernel = 1L;
        foreach (var size in tensor.Shape[2..])
            kernel *= size;
        return tensor.Size(fan == Fan.In ? 1 : 0) * kernel;
    }

    /// <summary>A new parameter, uniform in [-bound, bound): PyTorch's default for most layers.</summary>
    internal static Parameter UniformParameter(Rng rng, double bound, params ReadOnlySpan<long> shape)
    {
        var parameter = new Parameter(Tensor.Empty(shape));
        Uniform(parameter, rng, -bound, bound);
        return parameter;
    }

    private static void Fill(Tensor tensor, Func<long[], Tensor> draw)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        TensorScope.Run(() => NoGrad.Run(() => { tensor.CopyInPlace(draw(tensor.Shape.ToArray())); }));
    }

    private static Tensor Fresh(Tensor like, long[] shape) =>
        Tensor.Empty(shape, like.DType == DType.Float64 ? DType.Float64 : DType.Float32);

    /// <summary>The standard normal distribution function, by Simpson's rule on the density (exact to 1e-12).</summary>
    private static double NormalCdf(double x)
    {
        const int intervals = 400;
        if (Math.Abs(x) > 9)
            return x < 0 ? 0 : 1;
        var step = x / intervals;
        var sum = 0.0;
        for (var i = 0; i <= intervals; i++)
            sum += (i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2) * Math.Exp(-0.5 * step * i * step * i);
        return 0.5 + (sum * step / 3 / Math.Sqrt(2 * Math.PI));
    }
}
