namespace Figment.Torch;

public static unsafe partial class Ops
{
    private static readonly Operator InputGradient = new("ConvolutionInputGradient", "aten::convolution_backward", "",
        "Tensor,Tensor,Tensor,int[]?,int[],int[],int[],bool,int[],int,bool[]");

    /// <summary>
    /// The gradient of a convolution with respect to its input, which is the transposed convolution of
    /// <paramref name="gradOutput"/>. It can be differentiated further.
    /// </summary>
    /// <param name="gradOutput">(B, C', ...): what the convolution would answer.</param>
    /// <param name="inputShape">(B, C, ...): what it would take.</param>
    /// <param name="weight">(C', C / groups, kernel...)</param>
    /// <param name="stride">One step a spatial dimension.</param>
    /// <param name="padding">Zeros at both ends of each spatial dimension.</param>
    /// <param name="dilation">One distance between kernel elements a spatial dimension.</param>
    /// <param name="groups">How many groups of channels are kept apart.</param>
    /// <returns>(B, C, ...)</returns>
    public static Tensor ConvolutionInputGradient(Tensor gradOutput, ReadOnlySpan<long> inputShape, Tensor weight,
        ReadOnlySpan<long> stride, ReadOnlySpan<long> padding, ReadOnlySpan<long> dilation, long groups = 1)
    {
        ArgumentNullException.ThrowIfNull(gradOutput);
        // Only the shape of the input matters for this gradient: one element stands for all.
        var single = Empty([1], gradOutput.DType, gradOutput.Device);
        var input = single.Expand(inputShape);
        bool* wanted = stackalloc bool[3] { true, false, false };
        long* noPadding = stackalloc long[stride.Length];
        new Span<long>(noPadding, stride.Length).Clear();
        Value* a = stackalloc Value[11];
        Tensor result;
        fixed (long* s = stride, p = padding, d = dilation)
        {
            a[0] = Value.Of(gradOutput);
            a[1] = Value.Of(input);
            a[2] = Value.Of(weight);
            a[3] = Value.None;
            a[4] = Value.IntList(s, stride.Length);
            a[5] = Value.IntList(p, padding.Length);
            a[6] = Value.IntList(d, dilation.Length);
            a[7] = Value.Of(false);
            a[8] = Value.IntList(noPadding, stride.Length);
            a[9] = Value.Of(groups);
            a[10] = Value.BoolList(wanted, 3);
            result = InputGradient.CallMany(a, 11)[0];
        }

        GC.KeepAlive(gradOutput);
        GC.KeepAlive(weight);
        input.Dispose();
        single.Dispose();
        return result;
    }
}
