namespace Figment.Torch;

/// <summary>
/// An operator refused its arguments, or libtorch failed. The message names the operator as it is called in C#, the
/// shapes and types of its arguments, and libtorch's own reason.
/// </summary>
public sealed class TorchException : Exception
{
    internal TorchException(string op, string arguments, string reason)
        : base(Describe(op, arguments, reason)) => Operator = op;

    /// <summary>The operator's name in C#, e.g. <c>MatMul</c>.</summary>
    public string Operator { get; }

    private static string Describe(string op, string arguments, string reason) =>
        arguments == "" ? $"{op}: {reason.Trim()}" : $"{op}({arguments}): {reason.Trim()}";
}
