using Xunit;

namespace Figment.Torch.Tests.Gradients;

/// <summary>
/// First and second derivatives of every differentiable operator, against finite differences in Float64.
/// </summary>
public class GradientTests
{
    private const double Step = 1e-5;

    public static TheoryData<string> All => [.. DifferentiableTable.Cases.Keys];

    public static TheoryData<string> Twice =>
        [.. DifferentiableTable.Cases.Values.Where(c => !c.Once).Select(c => c.Name)];

    [Fact]
    public void Every_bound_operator_is_here_or_has_no_gradient()
    {
        var known = DifferentiableTable.Cases.Keys.Concat(DifferentiableTable.Others).ToList();
        Assert.Equal([], Torch.Operators.Names.Except(known));
        Assert.Equal([], known.Except(Torch.Operators.Names));
        Assert.Equal([], DifferentiableTable.Cases.Keys.Intersect(DifferentiableTable.Others));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void First_derivative(string name)
    {
        var test = DifferentiableTable.Cases[name];
        TensorScope.Run(() =>
        {
            var op = Torch.Operators.Table.Single(o => o.Id == name);
            op.Forget();
            var inputs = Inputs(test);
            Compare(inputs, () => Weighed(test.Run(inputs)));
            Assert.True(op.WasCalled, $"the case of {name} calls another operator");
        });
    }

    [Theory]
    [MemberData(nameof(Twice))]
    public void Second_derivative(string name)
    {
        var test = DifferentiableTable.Cases[name];
        TensorScope.Run(() =>
        {
            var inputs = Inputs(test);
            Compare(inputs, () =>
            {
                var value = Weighed(test.Run(inputs));
                var gradients = Autograd.Grad([value], inputs, createGraph: true, allowUnused: true);
                return gradients.OfType<Tensor>().Select(g => Weighed(g, 0.37)).Aggregate((a, b) => a + b);
            });
        });
    }

    private static Tensor[] Inputs(Differentiable test) => [.. test.Arguments.Select((a, i) =>
    {
        var x = a.Make(large: false, i, DType.Float64);
        x.RequiresGrad = true;
        return x;
    })];

    // A scalar in which every element has a weight of its own, so that no two errors cancel.
    private static Tensor Weighed(Tensor y, double phase = 0.1) =>
        (y.Reshape(-1) * (Tensor.Arange(y.Count, DType.Float64) * 2.3 + phase).Cos()).Sum();

    private static void Compare(Tensor[] inputs, Func<Tensor> scalar)
    {
        var value = scalar();
        var gradients = value.RequiresGrad ? Autograd.Grad([value], inputs, allowUnused: true)
            : new Tensor?[inputs.Length];
        for (var k = 0; k < inputs.Length; k++)
        {
            var have = gradients[k]?.Contiguous().ToArray<double>() ?? new double[inputs[k].Count];
            for (var i = 0; i < have.Length; i++)
            {
                var want = (Shifted(inputs[k], i, Step, scalar) - Shifted(inputs[k], i, -Step, scalar)) / (2 * Step);
                Assert.True(Math.Abs(have[i] - want) <= 1e-6 + (1e-5 * Math.Abs(want)),
                    $"input {k}, element {i}: {have[i]} against {want}");
            }
        }
    }

    private static double Shifted(Tensor input, int i, double by, Func<Tensor> scalar) => TensorScope.Run(() =>
    {
        var data = input.AsMutableSpan<double>();
        var before = data[i];
        data[i] += by;
        var value = scalar().ToDouble();
        data[i] = before;
        return value;
    });
}
