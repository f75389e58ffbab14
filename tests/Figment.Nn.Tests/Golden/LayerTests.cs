using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>Every layer against PyTorch: outputs, gradients of parameters and inputs, and buffers, to 1e-5.</summary>
public class LayerTests : EngineTest
{
    private static readonly GoldenFile Golden = GoldenFile.Open("layers");

    public static TheoryData<string> Plain => [.. LayerCases.Plain.Keys];

    public static TheoryData<string> Several => [.. LayerCases.Several.Keys];

    [Theory]
    [MemberData(nameof(Plain))]
    public void A_layer_agrees_with_PyTorch(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        using var layer = LayerCases.Plain[name](rng);
        Check(name, layer, inputs => [layer.Call(inputs[0])]);
    });

    [Theory]
    [MemberData(nameof(Several))]
    public void A_layer_of_several_inputs_agrees_with_PyTorch(string name) => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        var (module, call) = LayerCases.Several[name](rng);
        using (module)
            Check(name, module, call);
    });

    [Fact]
    public void Every_case_of_the_golden_file_is_tested()
    {
        var tested = LayerCases.Plain.Keys.Concat(LayerCases.Several.Keys).ToHashSet();
        var stored = Golden.Keys.Select(key => key[..key.IndexOf('/', StringComparison.Ordinal)])
            .Where(name => !name.StartsWith("loss-", StringComparison.Ordinal)).ToHashSet();
        Assert.Equal(stored.Order(), tested.Order());
    }

    internal static void Check(string name, Module module, Func<Tensor[], Tensor[]> call)
    {
        module.LoadStateDict(Golden.Under($"{name}/state."));
        module.Train(!name.EndsWith("-eval", StringComparison.Ordinal) && name != "batchnorm2d-nostats");
        CheckCall(name, call);
        foreach (var (path, parameter) in module.NamedParameters())
            Golden.AssertClose($"{name}/grad.{path}", parameter.Grad!);
        foreach (var (path, buffer) in module.NamedBuffers())
        {
            var changed = Golden.Has($"{name}/after.{path}");
            Golden.AssertClose($"{name}/{(changed ? "after" : "state")}.{path}", buffer);
        }
    }

    internal static void CheckCall(string name, Func<Tensor[], Tensor[]> call)
    {
        var inputs = Numbered($"{name}/in.").ToArray();
        foreach (var input in inputs.Where(input => input.DType.IsFloatingPoint()))
            input.RequiresGrad = true;
        var outputs = call(inputs);
        Assert.Equal(Numbered($"{name}/out.").Count(), outputs.Length);
        for (var i = 0; i < outputs.Length; i++)
            Golden.AssertClose($"{name}/out.{i}", outputs[i]);
        Autograd.Backward(outputs, [.. Numbered($"{name}/cot.")]);
        for (var i = 0; i < inputs.Length; i++)
        {
            if (Golden.Has($"{name}/gin.{i}") && inputs[i].Grad is { } gradient)
                Golden.AssertClose($"{name}/gin.{i}", gradient);
            else if (Golden.Has($"{name}/gin.{i}"))
                Assert.All(Golden.Values($"{name}/gin.{i}"), value => Assert.Equal(0, value));
        }
    }

    private static IEnumerable<Tensor> Numbered(string prefix)
    {
        for (var i = 0; Golden.Has($"{prefix}{i}"); i++)
            yield return Golden.Get($"{prefix}{i}");
    }
}
