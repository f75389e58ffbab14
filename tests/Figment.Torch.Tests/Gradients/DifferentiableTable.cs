namespace Figment.Torch.Tests.Gradients;

/// <summary>A floating-point argument: its shape where every element is tried, its shape where two threads share the
/// work,
/// and the range of its values.</summary>
public sealed record Argument(long[] Small, long[] Large, double Low = -2, double High = 2)
{
    public Argument In(double low, double high) => this with { Low = low, High = high };

    /// <summary>Numbers of the range that are alike in no two places and hit no whole or half number.</summary>
    public Tensor Make(bool large, int which, DType dtype)
    {
        var shape = large ? Large : Small;
        var n = shape.Aggregate(1L, (a, b) => a * b);
        var wave = (Tensor.Arange(n, DType.Float64) * 1.7 + (0.3 + 0.9 * which)).Sin();
        return ((wave * 0.5 + 0.5) * (High - Low) + Low).Reshape(shape).To(dtype);
    }
}

/// <summary>
/// A differentiable call of one operator; <see cref="Once"/> where libtorch has no second derivative.
/// </summary>
public sealed record Differentiable(string Name, Func<Tensor[], Tensor> Run, Argument[] Arguments, bool Once = false);

/// <summary>Every bound operator through which gradients flow, by its name in operators.txt.</summary>
internal sealed partial class DifferentiableTable
{
    private readonly Dictionary<string, Differentiable> cases = [];

    private DifferentiableTable()
    {
        Unary();
        Binary();
        Reductions();
        Shapes();
        Indexing();
        LinearAlgebra();
        Layers();
        Resampling();
        Losses();
    }

    public static IReadOnlyDictionary<string, Differentiable> Cases { get; } = new DifferentiableTable().cases;

    /// <summary>
    /// Gradients are zero, of no use or none: results are choices, counts, truths, positions, new or random; the last
    /// line's
    /// have none in libtorch 1.13 (and the in-place ones on lists go unrecorded: for unrecorded tensors only).
    /// </summary>
    public static IReadOnlySet<string> Others { get; } = new HashSet<string>(
        """
        floor ceil round trunc sign floor_divide floor_divide.Scalar heaviside
        eq.Tensor eq.Scalar ne.Tensor ne.Scalar lt.Tensor lt.Scalar le.Tensor le.Scalar gt.Tensor gt.Scalar ge.Tensor
        ge.Scalar isfinite isinf isnan isclose allclose equal logical_and logical_or logical_not logical_xor all all.dim any
        any.dim argmax argmin count_nonzero argsort histc bincount searchsorted.Tensor bucketize.Tensor unique_consecutive
        unique_dim _unique2 view.dtype detach nonzero one_hot empty.memory_format empty_like empty_strided zeros zeros_like
        ones ones_like full full_like arange.start_step linspace eye eye.m tril_indices triu_indices scalar_tensor
        fill_.Scalar zero_ normal_ uniform_ bernoulli bernoulli_.Tensor bernoulli_.float exponential_ multinomial poisson
        randperm.generator randint.low_generator random_.from linalg_lstsq pinverse complex view_as_complex
        aminmax channel_shuffle _foreach_add_.List _foreach_mul_.Scalar _foreach_norm.Scalar
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>A few numbers; 131,072 when large, which is four times what libtorch gives one thread.</summary>
    private static Argument E => new([2, 3], [128, 1024]);

    private static Argument Row => new([3], [1024]);

    private static Argument Positive => E.In(0.5, 2.5);

    private static Argument Square => new([3, 3], [48, 48]);

    private void Add(string name, Func<Tensor[], Tensor> run, params Argument[] arguments) =>
        cases.Add(name, new(name, run, arguments));

    private void AddOnce(string name, Func<Tensor[], Tensor> run, params Argument[] arguments) =>
        cases.Add(name, new(name, run, arguments, Once: true));

    private void One(string name, Func<Tensor, Tensor> run, Argument? argument = null) =>
        Add(name, x => run(x[0]), argument ?? E);

    private void Two(string name, Func<Tensor, Tensor, Tensor> run, Argument? a = null, Argument? b = null) =>
        Add(name, x => run(x[0], x[1]), a ?? E, b ?? E);

    /// <summary>
    /// Each number modulo <paramref name="n"/>, as positions: a repeated pattern, so that many meet in one place.
    /// </summary>
    private static Tensor Positions(long count, long n) => (Tensor.Arange(count) * 7).Remainder(n);

    private static Tensor Join(params Tensor[] parts) => Ops.Cat([.. parts.Select(p => p.Reshape(-1))]);
}
