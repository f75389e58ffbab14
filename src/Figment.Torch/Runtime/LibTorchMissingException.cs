namespace Figment.Torch.Runtime;

/// <summary>The bridge to libtorch, or libtorch itself, could not be loaded. The message says how to get it.</summary>
public sealed class LibTorchMissingException : DllNotFoundException
{
    /// <summary>Makes the exception without a message.</summary>
    public LibTorchMissingException() { }

    /// <summary>Makes the exception with a message that names cause and cure.</summary>
    public LibTorchMissingException(string message)
        : base(message) { }

    /// <summary>Makes the exception with a message and the loader's own error.</summary>
    public LibTorchMissingException(string message, Exception? inner)
        : base(message, inner) { }
}
