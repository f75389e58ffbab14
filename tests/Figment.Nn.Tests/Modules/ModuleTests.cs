using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Modules;

/// <summary>The module tree: names, order, modes, state dicts and tied parameters.</summary>
public partial class ModuleTests : EngineTest
{
    [Fact]
    public void Members_are_named_and_ordered_as_declared() => WithModel(model => Assert.Equal(
        [
            "first.weight", "first.bias", "log_sigma", "blocks.0.weight", "blocks.1.weight", "blocks.1.bias",
            "heads.mean.weight", "heads.mean.bias", "heads.log_var.weight", "heads.log_var.bias", "norm.weight",
            "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked", "step_counts",
            "body.0.weight", "body.0.bias", "prior.location",
        ], model.StateDict().Keys));

    [Fact]
    public void Tied_parameters_are_listed_once_and_known_under_both_names() => WithModel(model =>
    {
        Assert.Equal(["output.weight = first.weight", "output.bias = first.bias"],
            model.StateDict().Aliases.Select(alias => $"{alias.Key} = {alias.Value}"));
        Assert.Equal(model.Parameters().Count, model.Parameters().Distinct().Count());
        Assert.Equal(model.Parameters().Sum(p => p.Count), model.ParameterCount);
    });

    [Fact]
    public void Disposing_twice_or_through_two_owners_is_harmless()
    {
        using var rng = new Rng(1);
        using var layer = new Linear(2, 3, rng);
        using var stack = new Sequential(layer, new Relu());
        stack.Dispose();
        Assert.True(layer.Weight.IsReleased);
    }

    [Fact]
    public void Modules_are_listed_parents_first() => WithModel(model => Assert.Equal(
        [
            "", "first", "blocks.0", "blocks.1", "heads.mean", "heads.log_var", "norm", "body", "body.0", "body.1",
            "prior",
        ],
        model.NamedModules().Select(named => named.Path)));

    [Fact]
    public void Modes_reach_the_whole_tree() => WithModel(model =>
    {
        model.Eval();
        Assert.All(model.NamedModules(), named => Assert.False(named.Module.IsTraining));
        model.Train();
        Assert.All(model.NamedModules(), named => Assert.True(named.Module.IsTraining));
    });

    [Fact]
    public void A_frozen_part_gets_no_gradient_and_no_step() => WithModel(model =>
    {
        model.First.Freeze();
        using var adam = new Adam(model, 0.1);
        var (frozen, free) = (model.First.Weight.ToArray<float>(), model.LogSigma.ToArray<float>());
        model.Call(Tensor.Ones([2, 3])).Sum().Backward();
        adam.Step();
        Assert.Null(model.First.Weight.Grad);
        Assert.Equal(frozen, model.First.Weight.ToArray<float>());
        Assert.NotEqual(free, model.LogSigma.ToArray<float>());
        model.Unfreeze();
        model.Call(Tensor.Ones([2, 3])).Sum().Backward();
        Assert.NotNull(model.First.Weight.Grad);
    });

    [Fact]
    public void A_state_dict_goes_from_module_to_module() => WithModel(model =>
    {
        using var rng = new Rng(99);
        using var other = new Model(rng);
        other.LoadStateDict(model.StateDict());
        foreach (var (key, tensor) in model.StateDict())
            Assert.True(tensor.Eq(other.StateDict()[key]).All().Item<bool>(), key);
        Assert.Same(other.First.Weight, other.StateDict()["first.weight"]);
    });

    [Fact]
    public void Every_fault_of_a_state_dict_is_named_at_once_and_nothing_is_loaded() => WithModel(model =>
    {
        var before = model.LogSigma.ToArray<float>();
        var state = model.StateDict().ToDictionary(pair => pair.Key, pair => pair.Value.Detach().Clone() + 1);
        state.Remove("first.bias");
        state.Remove("norm.running_var");
        state["log_sigma"] = Tensor.Zeros([7]);
        state["norm.num_batches_tracked"] = Tensor.Zeros([]);
        state["stray.weight"] = Tensor.Zeros([1]);
        var error = Assert.Throws<StateDictException>(() => model.LoadStateDict(state));
        Assert.Equal("The state does not fit; nothing was loaded. Missing (2): first.bias, norm.running_var. "
            + "Unexpected (1): stray.weight. Unfit (2): log_sigma is [4] here but [7] in the state; "
            + "norm.num_batches_tracked is Int64 here but Float32 in the state.", error.Message);
        Assert.Equal(before, model.LogSigma.ToArray<float>());
    });

    [Fact]
    public void A_tied_tensor_may_be_given_under_each_name_if_it_is_the_same() => WithModel(model =>
    {
        var state = model.StateDict().ToDictionary(pair => pair.Key, pair => pair.Value.Detach().Clone());
        state["output.weight"] = state["first.weight"].Clone();
        model.LoadStateDict(state);
        state.Remove("first.weight");
        model.LoadStateDict(state);
        state["first.weight"] = state["output.weight"] + 1;
        Assert.Contains("is tied to", Assert.Throws<StateDictException>(() => model.LoadStateDict(state)).Message);
    });

    [Fact]
    public void A_layout_survives_loading_and_keeps_the_values() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var conv = new Conv2d(3, 4, 3, rng);
        var values = conv.Weight.ToArray<float>();
        conv.To(MemoryFormat.ChannelsLast);
        Assert.True(conv.Weight.IsContiguous(MemoryFormat.ChannelsLast));
        Assert.Equal(values, conv.Weight.ToArray<float>());
        conv.LoadStateDict(new Dictionary<string, Tensor>
        {
            ["weight"] = Tensor.Ones([4, 3, 3, 3]),
            ["bias"] = Tensor.Zeros([4]),
        });
        Assert.True(conv.Weight.IsContiguous(MemoryFormat.ChannelsLast));
        using var adam = new Adam(conv);
        conv.Call(Tensor.Ones([1, 3, 5, 5])).Sum().Backward();
        adam.Step();
        Assert.True(adam.StateDict()["weight.exp_avg"].IsContiguous(MemoryFormat.ChannelsLast));
        Assert.True(conv.Weight.RequiresGrad && conv.Weight.IsLeaf);
    });

    [Fact]
    public void Converting_keeps_identity_and_integers() => WithModel(model =>
    {
        var weight = model.First.Weight;
        model.To(DType.Float64);
        Assert.Same(weight, model.First.Weight);
        Assert.Equal(DType.Float64, weight.DType);
        Assert.Equal(DType.Int64, model.StateDict()["norm.num_batches_tracked"].DType);
        Assert.True(weight.RequiresGrad);
    });

    [Fact]
    public void A_module_without_its_generated_members_is_refused() => TensorScope.Run(() =>
    {
        using var rng = new Rng(1);
        using var inner = new Linear(1, 1, rng);
        var captured = new Captured(inner);
        Assert.Contains("captures the constructor parameter inner",
            Assert.Throws<InvalidOperationException>(() => captured.Parameters()).Message);
    });

    private static void WithModel(Action<Model> test) => TensorScope.Run(() =>
    {
        using var rng = new Rng(42);
        using var model = new Model(rng);
        test(model);
    });

    internal abstract partial class Base(Rng rng) : Layer
    {
        public Linear First { get; } = new(3, 4, rng);
    }

    internal sealed partial class Model : Base
    {
        public Parameter LogSigma { get; } = new(Tensor.Zeros([4]));
        private readonly List<Layer> blocks;
        private readonly Dictionary<string, Linear> heads;
        private readonly BatchNorm1d norm = new(4);
        [Name("step_counts")]
        private readonly Buffer counter = new(Tensor.Zeros([2]));
        private readonly Linear? missing;
        private readonly Sequential body;
        private readonly IPrior prior = new Prior();
        private readonly Linear output;
        [NotPartOfModule]
        private readonly Linear elsewhere;

        public Model(Rng rng) : base(rng)
        {
            blocks = [new Linear(4, 4, rng, bias: false), new Linear(4, 3, rng)];
            heads = new() { ["mean"] = new(3, 2, rng), ["log_var"] = new(3, 2, rng) };
            body = new(new Linear(3, 3, rng), new Relu());
            (output, elsewhere, missing) = (First, First, null);
        }

        protected override Tensor Forward(Tensor x)
        {
            var h = norm.Call(First.Call(x)) * LogSigma.Exp();
            return body.Call(blocks[1].Call(blocks[0].Call(h))) + (missing ?? elsewhere).Weight.Sum();
        }
    }

    private interface IPrior;

    private sealed partial class Prior : Module, IPrior
    {
        private readonly Parameter location = new(Tensor.Zeros([2]));
    }

    private sealed partial class Captured(Linear inner) : Layer
    {
        protected override Tensor Forward(Tensor x) => inner.Call(x);
    }
}
