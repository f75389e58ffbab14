using Figment.Torch;

namespace Figment.Nn;

/// <summary>A learned tensor of a module: it takes gradients and belongs to its module, not to a scope.</summary>
public sealed class Parameter : Tensor
{
    /// <summary>Takes over the value.</summary>
    /// <param name="value">Any floating-point tensor without a gradient history; not to be used afterwards.</param>
    /// <param name="requiresGrad">Whether the parameter learns; see <see cref="Module.Freeze"/>.</param>
    public Parameter(Tensor value, bool requiresGrad = true) : base(value)
    {
        Own();
        RequiresGrad = requiresGrad;
    }
}

/// <summary>A tensor that a module keeps and saves but does not learn, such as a running mean.</summary>
public sealed class Buffer : Tensor
{
    /// <summary>Takes over the value.</summary>
    /// <param name="value">Any tensor; not to be used afterwards.</param>
    public Buffer(Tensor value) : base(value) => Own();
}
