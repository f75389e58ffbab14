using Figment.Torch;

namespace Figment.Nn;

/// <summary>max(x, 0).</summary>
public sealed class Relu : PrimitiveLayer, IWorksInPlace
{
    Tensor IWorksInPlace.CallInPlace(Tensor input)
    {
        CallTrace.Note(this, input, input);
        return input.ReluInPlace();
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Relu();
}

/// <summary>min(max(x, 0), 6).</summary>
public sealed class Relu6 : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Relu6();
}

/// <summary>x where positive, slope * x elsewhere.</summary>
public sealed class LeakyRelu(double slope = 0.01) : PrimitiveLayer, IWorksInPlace
{
    // The gradient looks at the output's sign, which a negative slope would change.
    Tensor IWorksInPlace.CallInPlace(Tensor input)
    {
        CallTrace.Note(this, input, input);
        return slope >= 0 ? input.RectifyInPlace(slope) : input.LeakyRelu(slope);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => slope >= 0 ? input.Rectify(slope) : input.LeakyRelu(slope);
}

/// <summary>x where positive, alpha * (exp(x) - 1) elsewhere (Clevert et al. 2015).</summary>
public sealed class Elu(double alpha = 1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Elu(alpha);
}

/// <summary>The scaled exponential unit (Klambauer et al. 2017).</summary>
public sealed class Selu : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Selu();
}

/// <summary>max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)).</summary>
public sealed class Celu(double alpha = 1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Celu(alpha);
}

/// <summary>x * sigmoid(x), also called swish.</summary>
public sealed class Silu : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Silu();
}

/// <summary>x * tanh(softplus(x)) (Misra 2019).</summary>
public sealed class Mish : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Mish();
}

/// <summary>log(1 + exp(beta x)) / beta; linear where beta x exceeds the threshold.</summary>
public sealed class Softplus(double beta = 1, double threshold = 20) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.SoftPlus(beta, threshold);
}

/// <summary>x / (1 + |x|).</summary>
public sealed class Softsign : Layer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input / (1 + input.Abs());
}

/// <summary>1 / (1 + exp(-x)).</summary>
public sealed class Sigmoid : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Sigmoid();
}

/// <summary>log(1 / (1 + exp(-x))), computed safely.</summary>
public sealed class LogSigmoid : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.LogSigmoid();
}

/// <summary>min(max(x / 6 + 1/2, 0), 1).</summary>
public sealed class Hardsigmoid : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Hardsigmoid();
}

/// <summary>x * hardsigmoid(x).</summary>
public sealed class Hardswish : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Hardswish();
}

/// <summary>x clamped to [low, high].</summary>
public sealed class Hardtanh(double low = -1, double high = 1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Hardtanh(low, high);
}

/// <summary>The hyperbolic tangent.</summary>
public sealed class Tanh : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Tanh();
}

/// <summary>exp(x) normalised to sum 1 over a dimension.</summary>
public sealed class Softmax(int dim = -1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Softmax(dim);
}

/// <summary>The logarithm of softmax, computed safely.</summary>
public sealed class LogSoftmax(int dim = -1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.LogSoftmax(dim);
}

/// <summary>a * sigmoid(b), where a and b are the halves of a dimension (Dauphin et al. 2016).</summary>
public sealed class Glu(int dim = -1) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Glu(dim);
}

/// <summary>x times the Gaussian distribution function at x (Hendrycks and Gimpel 2016).</summary>
/// <param name="tanh">Whether to use the hyperbolic-tangent approximation, as GPT-2 does.</param>
public sealed class Gelu(bool tanh = false) : PrimitiveLayer
{
    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Gelu(tanh ? "tanh" : "none");
}

/// <summary>x where positive, weight * x elsewhere, with learned weights (He et al. 2015).</summary>
public sealed partial class Prelu : PrimitiveLayer
{
    /// <summary>Weights start at <paramref name="slope"/>.</summary>
    /// <param name="channels">1 for a shared weight, or the size of the input's second dimension.</param>
    /// <param name="slope">The initial weight.</param>
    public Prelu(long channels = 1, double slope = 0.25) => Weight = new Parameter(Tensor.Full([channels], slope));

    /// <summary>(channels).</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => input.Prelu(Weight);
}
