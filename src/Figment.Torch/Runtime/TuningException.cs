namespace Figment.Torch.Runtime;

/// <summary>An environment variable of Figment's holds no valid value.</summary>
public sealed class TuningException : Exception
{
    /// <summary>Makes the exception without a message.</summary>
    public TuningException() { }

    /// <summary>Makes the exception with a message that names the variable, its value and what it may hold.</summary>
    public TuningException(string message)
        : base(message) { }

    /// <summary>Makes the exception with a message and its cause.</summary>
    public TuningException(string message, Exception? inner)
        : base(message, inner) { }
}
