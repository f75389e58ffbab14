using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Divides a weight by its largest singular value (Miyato et al. 2018, https://arxiv.org/abs/1802.05957): W / sigma(W),
/// sigma = u^T W v, where u and v come from one power iteration a call while training, and stay as they are in
/// evaluation. The weight is seen as (out, everything else).
/// </summary>
public sealed partial class SpectralNorm : Module
{
    private const double Epsilon = 1e-12;
    private const int Settling = 15; // iterations

    [NotPartOfModule]
    private readonly Parameter weight;

    /// <summary>Draws u, and settles it.</summary>
    /// <param name="weight">W, (out, ...).</param>
    /// <param name="rng">Draws u.</param>
    public SpectralNorm(Parameter weight, Rng rng)
    {
        this.weight = weight;
        U = TensorScope.Run(() => new Buffer(Unit(rng.Normal([weight.Size(0)]))));
        Settle();
    }

    /// <summary>The left singular vector, (out).</summary>
    public Buffer U { get; }

    /// <summary>Turns u towards the first direction of the weight as it is, as far as a few iterations do: for weights
    /// that were drawn anew.</summary>
    public void Settle() => TensorScope.Run(() => NoGrad.Run(() =>
    {
        for (var i = 0; i < Settling; i++) Iterate(Rows());
    }));

    /// <summary>Settles every spectral norm within a module.</summary>
    public static void SettleAll(Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        foreach (var (_, part) in module.NamedModules())
            if (part is SpectralNorm norm) norm.Settle();
    }

    /// <summary>W / sigma(W), in W's shape; the gradient passes through sigma, with u and v held.</summary>
    public Tensor Apply()
    {
        var rows = Rows();
        // In evaluation v still follows from u: one vector is all that is kept.
        var v = NoGrad.Run(() => IsTraining ? Iterate(rows) : Unit(rows.Transpose(0, 1).Mv(U)));
        var u = U.Clone(); // the next call moves U, and this one's gradient needs it as it is
        return weight / u.Dot(rows.Mv(v));
    }

    private Tensor Rows() => weight.Reshape(weight.Size(0), -1); // (out, the rest)

    private Tensor Iterate(Tensor rows)
    {
        var v = Unit(rows.Transpose(0, 1).Mv(U));
        U.CopyInPlace(Unit(rows.Mv(v)));
        return v;
    }

    private static Tensor Unit(Tensor x) => x / x.Norm().ClampMin(Epsilon);
}

/// <summary>A convolution over two dimensions whose weight's largest singular value is held to 1: (B, C, H, W) to
/// (B, C', H', W').</summary>
public sealed partial class SpectralConv2d : Layer
{
    private readonly SpectralNorm norm;
    private readonly long[] stride, padding;

    /// <summary>Makes it as <see cref="Conv2d"/> is made.</summary>
    public SpectralConv2d(long inChannels, long outChannels, int kernelSize, Rng rng, int stride = 1, int padding = 0,
        bool bias = true)
    {
        (this.stride, this.padding) = ([stride, stride], [padding, padding]);
        var bound = 1 / Math.Sqrt(inChannels * kernelSize * kernelSize);
        Weight = Init.UniformParameter(rng, bound, outChannels, inChannels, kernelSize, kernelSize);
        Bias = bias ? Init.UniformParameter(rng, bound, outChannels) : null;
        norm = new SpectralNorm(Weight, rng);
    }

    /// <summary>(out, in, kernel, kernel), before the division.</summary>
    public Parameter Weight { get; }

    /// <summary>(out), or null.</summary>
    public Parameter? Bias { get; }

    internal override bool ForgetsOutput => true;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => MixedPrecision.Apply(input, norm.Apply(), Bias,
        (x, w, b) => Ops.Convolve2d(x, w, b, stride, padding, [1, 1], 1));
}

/// <summary>y = x W^T / sigma(W) + b over the last dimension.</summary>
public sealed partial class SpectralLinear : Layer
{
    private readonly SpectralNorm norm;

    /// <summary>Makes it as <see cref="Linear"/> is made.</summary>
    public SpectralLinear(long inFeatures, long outFeatures, Rng rng, bool bias = true)
    {
        var bound = 1 / Math.Sqrt(inFeatures);
        Weight = Init.UniformParameter(rng, bound, outFeatures, inFeatures);
        Bias = bias ? Init.UniformParameter(rng, bound, outFeatures) : null;
        norm = new SpectralNorm(Weight, rng);
    }

    /// <summary>(out, in), before the division.</summary>
    public Parameter Weight { get; }

    /// <summary>(out), or null.</summary>
    public Parameter? Bias { get; }

    internal override bool ForgetsOutput => true;

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) =>
        MixedPrecision.Apply(input, norm.Apply(), Bias, Ops.Linear);
}

/// <summary>A table of vectors, divided by its largest singular value: (...) Int64 to (..., dimension).</summary>
public sealed partial class SpectralEmbedding : Layer
{
    private readonly SpectralNorm norm;

    /// <summary>Draws the table from a standard normal distribution.</summary>
    public SpectralEmbedding(long count, long dimension, Rng rng)
    {
        Weight = new Parameter(rng.Normal([count, dimension]));
        norm = new SpectralNorm(Weight, rng);
    }

    /// <summary>(count, dimension), before the division.</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input) => Ops.Embedding(norm.Apply(), input);
}
