using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// A layer whose intermediate results are not kept for the backward pass but computed again there, to the same bits:
/// less memory for a second forward pass (Chen et al. 2016, "Training deep nets with sublinear memory cost").
/// </summary>
/// <remarks>
/// Paths and files are those of the inner layer, so that a layer may be wrapped or not from one run to the next. Random
/// numbers are replayed, and buffers (a batch norm's statistics) are left as the first pass left them. The input must
/// not be changed in place before the backward pass, and a second derivative through the layer is refused.
/// </remarks>
/// <param name="inner">The layer; wrap a block of several, as only its input is kept.</param>
public sealed class Checkpointed(Layer inner) : StochasticLayer
{
    private readonly Layer inner = inner;

    /// <inheritdoc/>
    protected override void VisitMembers(ModuleVisitor visitor) => visitor.VisitInPlace(inner);

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input, Rng? rng)
    {
        Parameter[] learned = [.. inner.Parameters().Where(parameter => parameter.RequiresGrad)];
        var needsInput = input.RequiresGrad;
        if (NoGrad.IsOn || (!needsInput && learned.Length == 0))
            return Inner(input, rng);
        var pass = new Pass(input.Detach().Own(), needsInput, learned, rng?.State, rng?.Device ?? Device.Cpu,
            MixedPrecision.IsOn);
        var output = NoGrad.Run(() => Inner(input, rng));
        return Autograd.Recorded(output, [input, .. learned], gradient => Again(pass, gradient), pass.Input.Dispose);
    }

    private Tensor Inner(Tensor input, Rng? rng) =>
        rng is not null && inner is StochasticLayer stochastic ? stochastic.Call(input, rng) : inner.Call(input);

    private Tensor?[] Again(Pass pass, Tensor gradient)
    {
        // Its own generator: the one of the step is left where it is.
        using var replay = pass.RngState is { } state ? new Rng(0, pass.RngDevice) { State = state } : null;
        var input = pass.Input.Detach();
        input.RequiresGrad = pass.NeedsInput;
        var output = WithBuffersKept(() => MixedPrecision.Run(pass.BFloat16, () => Inner(input, replay)));
        Tensor[] wanted = pass.NeedsInput ? [input, .. pass.Learned] : [.. pass.Learned];
        var gradients = Autograd.Grad([output], wanted, [gradient], allowUnused: true);
        return pass.NeedsInput ? gradients : [null, .. gradients];
    }

    // The second pass works on copies: a buffer that changed under a recorded operator would make libtorch refuse it.
    private Tensor WithBuffersKept(Func<Tensor> body)
    {
        var kept = inner.NamedBuffers().Select(named => (named.Buffer, Values: named.Buffer.Detach())).ToList();
        foreach (var (buffer, values) in kept)
            buffer.SetData(values.Clone());
        try
        {
            return body();
        }
        finally
        {
            foreach (var (buffer, values) in kept)
                buffer.SetData(values);
        }
    }

    private sealed record Pass(Tensor Input, bool NeedsInput, Parameter[] Learned, byte[]? RngState, Device RngDevice,
        bool BFloat16);
}
