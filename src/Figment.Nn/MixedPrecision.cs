using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Products in bfloat16: while it is on, linear and convolution layers round their Float32 input, weight and bias to
/// bfloat16 and give a Float32 result. Weights, gradients, optimiser states and every other operator stay Float32, also
/// transposed convolutions: libtorch 1.13 has none in bfloat16 on a CPU.
/// </summary>
/// <remarks>The mode is the thread's own. It pays where the processor multiplies bfloat16 faster (AVX-512 BF16, AMX, a
/// GPU's tensor cores) and the layers are wide.</remarks>
public static class MixedPrecision
{
    [ThreadStatic] private static bool on;

    /// <summary>Whether the mode is on on this thread.</summary>
    public static bool IsOn => on;

    /// <summary>Runs a function with the mode on or off; the mode before is restored, also when it throws.</summary>
    public static T Run<T>(bool bfloat16, Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var before = on;
        on = bfloat16;
        try
        {
            return body();
        }
        finally
        {
            on = before;
        }
    }

    /// <summary>Runs an action with the mode on or off.</summary>
    public static void Run(bool bfloat16, Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Run(bfloat16, () =>
        {
            body();
            return true;
        });
    }

    /// <summary>An operator of a layer, in the mode of the thread.</summary>
    internal static Tensor Apply(Tensor input, Tensor weight, Tensor? bias,
        Func<Tensor, Tensor, Tensor?, Tensor> op) =>
        on && input.DType == DType.Float32 && weight.DType == DType.Float32
            ? TensorScope.Run(() => op(input.To(DType.BFloat16), weight.To(DType.BFloat16), bias?.To(DType.BFloat16))
                .To(DType.Float32))
            : op(input, weight, bias);
}
