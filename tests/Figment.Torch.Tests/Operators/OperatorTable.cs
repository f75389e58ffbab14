using System.Runtime.CompilerServices;

namespace Figment.Torch.Tests.Operators;

/// <summary>One call of one operator and what it must give: all results' elements in order, or a truth.</summary>
public sealed record OperatorCase(string Name, Func<object> Run, double[]? Expected);

/// <summary>A call for each bound operator, by its name in operators.txt.</summary>
internal sealed partial class OperatorTable
{
    private readonly Dictionary<string, OperatorCase> cases = [];

    private OperatorTable()
    {
        Arithmetic();
        Comparison();
        Reductions();
        Shapes();
        Indexing();
        Making();
        Random();
        LinearAlgebra();
        Special();
        Activations();
        Layers();
        Pools();
        Losses();
    }

    public static IReadOnlyDictionary<string, OperatorCase> Cases { get; } = new OperatorTable().cases;

    private void Is(string name, Func<object> run, params double[] expected) =>
        cases.Add(name, new(name, run, expected));

    private void Holds(string name, Func<bool> property) => cases.Add(name, new(name, () => property(), null));

    /// <summary>A vector.</summary>
    private static Tensor V(params double[] values) => Tensor.From(values, values.Length);

    /// <summary>A vector of whole numbers.</summary>
    private static Tensor I(params long[] values) => Tensor.From(values, values.Length);

    /// <summary>A vector of truth values.</summary>
    private static Tensor B(params bool[] values) => Tensor.From(values, values.Length);

    /// <summary>0, 1, 2, ... in a shape.</summary>
    private static Tensor N(params ReadOnlySpan<long> shape)
    {
        long n = 1;
        foreach (var size in shape) n *= size;
        return Tensor.Arange(n, DType.Float64).Reshape(shape);
    }

    private static Tensor M(long rows, params double[] values) => Tensor.From(values, rows, values.Length / rows);

    /// <summary>Numbers that are alike in no two places, in (-1, 1).</summary>
    private static Tensor Wave(params ReadOnlySpan<long> shape) => (N(shape) * 1.7 + 0.3).Sin();

    private static bool Near(Tensor a, Tensor b, double tolerance = 1e-9) =>
        a.Shape.SequenceEqual(b.Shape) && a.AllClose(b, 0, tolerance);

    private static bool Shaped(Tensor t, params ReadOnlySpan<long> shape) => t.Shape.SequenceEqual(shape);

    /// <summary>The numbers of a tensor, or of the tensors in a tuple or array, one after the other.</summary>
    public static double[] Numbers(object result) => result switch
    {
        Tensor t when t.DType is DType.Complex64 or DType.Complex128 => Numbers(t.ViewAsReal()),
        Tensor t => t.Detach().To(DType.Float64).ToArray<double>(),
        ITuple many => [.. Enumerable.Range(0, many.Length).SelectMany(i => Numbers(many[i]!))],
        Tensor[] many => [.. many.SelectMany(Numbers)],
        bool truth => [truth ? 1 : 0],
        _ => throw new ArgumentException($"a result of {result.GetType()}"),
    };
}
