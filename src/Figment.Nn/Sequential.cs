using Figment.Torch;

namespace Figment.Nn;

/// <summary>Layers applied one after the other; their paths are <c>0</c>, <c>1</c> and so on, as in PyTorch.</summary>
/// <remarks>
/// Each layer's output is released as soon as the next layer has used it, so that without gradients a deep stack holds
/// two activations at a time. A ReLU after a layer whose gradient does not need its own output works in place: with
/// gradients one activation is held instead of two. Stochastic layers are given the <see cref="Rng"/> of the call.
/// </remarks>
public sealed class Sequential : StochasticLayer
{
    private readonly Layer[] layers;

    /// <summary>Stacks layers; null entries are left out, so that an optional layer can be written in place.</summary>
    public Sequential(params ReadOnlySpan<Layer?> layers) => this.layers = [.. layers.ToArray().OfType<Layer>()];

    /// <summary>The layers, first to last.</summary>
    public IReadOnlyList<Layer> Layers => layers;

    /// <inheritdoc/>
    protected override void VisitMembers(ModuleVisitor visitor)
    {
        base.VisitMembers(visitor);
        for (var index = 0; index < layers.Length; index++)
            visitor.Visit($"{index}", layers[index]);
    }

    /// <inheritdoc/>
    protected override Tensor Forward(Tensor input, Rng? rng)
    {
        var x = input;
        Layer? before = null;
        foreach (var layer in layers)
        {
            var y = layer switch
            {
                IWorksInPlace inPlace when before is { ForgetsOutput: true } => inPlace.CallInPlace(x),
                StochasticLayer stochastic when rng is not null => stochastic.Call(x, rng),
                _ => layer.Call(x),
            };
            if (!ReferenceEquals(x, input) && !ReferenceEquals(x, y))
                x.Dispose();
            (x, before) = (y, layer);
        }

        return x;
    }
}
