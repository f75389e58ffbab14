using Xunit;

namespace Figment.Torch.Tests.Operators;

/// <summary>Every bound operator is called, and gives what it must.</summary>
public class OperatorCoverageTests
{
    public static TheoryData<string> Names => [.. OperatorTable.Cases.Keys];

    [Fact]
    public void Every_bound_operator_has_a_case()
    {
        Assert.Equal([], Torch.Operators.Names.Except(OperatorTable.Cases.Keys));
        Assert.Equal([], OperatorTable.Cases.Keys.Except(Torch.Operators.Names));
        Assert.Equal(Torch.Operators.Names.Count, Torch.Operators.Names.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Gives_what_it_must(string name)
    {
        var op = Torch.Operators.Table.Single(o => o.Id == name);
        op.Forget();
        var test = OperatorTable.Cases[name];
        var live = Tensor.LiveCount;
        var numbers = TensorScope.Run(() => OperatorTable.Numbers(test.Run()));

        Assert.True(op.WasCalled, $"the case of {name} calls another operator");
        Assert.Equal(live, Tensor.LiveCount);
        if (test.Expected is null)
        {
            Assert.True(numbers is [1], $"the property of {name} does not hold");
            return;
        }

        Assert.Equal(test.Expected.Length, numbers.Length);
        for (var i = 0; i < numbers.Length; i++)
            Assert.True(Math.Abs(numbers[i] - test.Expected[i]) <= 1e-6 + (1e-6 * Math.Abs(test.Expected[i])),
                $"{name}: [{string.Join(", ", numbers)}] instead of [{string.Join(", ", test.Expected)}]");
    }
}
