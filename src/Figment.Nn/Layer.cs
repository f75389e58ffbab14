using Figment.Torch;

namespace Figment.Nn;

/// <summary>A module that maps an input to an output.</summary>
/// <typeparam name="TIn">A tensor, or a tuple, list or record of tensors.</typeparam>
/// <typeparam name="TOut">A tensor, or a tuple, list or record of tensors.</typeparam>
public abstract class Module<TIn, TOut> : Module
{
    private Func<TIn, TOut>? forward;

    /// <summary>
    /// Computes the output in a scope of its own: what <see cref="Forward"/> makes on the way is released at once, so a
    /// deep network does not hold every intermediate tensor.
    /// </summary>
    public TOut Call(TIn input)
    {
        var output = IsPrimitive ? Forward(input) : TensorScope.Run(forward ??= Forward, input);
        CallTrace.Note(this, input, output);
        return output;
    }

    /// <summary>Computes the output from the input.</summary>
    protected abstract TOut Forward(TIn input);

    /// <summary>True for layers whose forward makes nothing but its output, which need no scope.</summary>
    private protected virtual bool IsPrimitive => false;
}

/// <summary>A module from tensor to tensor.</summary>
public abstract class Layer : Module<Tensor, Tensor>
{
    /// <summary>
    /// True for layers whose output is memory of its own that their gradient never looks at: the next layer may change
    /// it.
    /// </summary>
    internal virtual bool ForgetsOutput => false;
}

/// <summary>A layer that can put its output where its input was.</summary>
internal interface IWorksInPlace
{
    /// <summary>As <see cref="Module{TIn,TOut}.Call"/>; the input is changed and returned.</summary>
    Tensor CallInPlace(Tensor input);
}

/// <summary>A layer of one operator: its forward makes no tensor but its output.</summary>
public abstract class PrimitiveLayer : Layer
{
    private protected override bool IsPrimitive => true;
}

/// <summary>
/// A layer that draws random numbers while training, such as dropout: it is called with an <see cref="Rng"/>.
/// </summary>
public abstract class StochasticLayer : Layer
{
    /// <summary>Computes the output with random numbers from a stream.</summary>
    /// <param name="input">The input, as of <see cref="Module{TIn,TOut}.Call"/>.</param>
    /// <param name="rng">Where random numbers come from, usually the step's stream.</param>
    public Tensor Call(Tensor input, Rng rng)
    {
        var output = TensorScope.Run(() => Forward(input, rng));
        CallTrace.Note(this, input, output);
        return output;
    }

    /// <summary>Computes the output; <paramref name="rng"/> is null when the caller gave none.</summary>
    /// <exception cref="InvalidOperationException">Random numbers are needed but none were given.</exception>
    protected abstract Tensor Forward(Tensor input, Rng? rng);

    /// <inheritdoc/>
    protected sealed override Tensor Forward(Tensor input) => Forward(input, null);
}
