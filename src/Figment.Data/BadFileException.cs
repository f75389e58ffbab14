namespace Figment.Data;

/// <summary>
/// The one error for a file that cannot be read: damaged, truncated, hostile, beyond a limit or of an unsupported kind.
/// The message reads <c>path: problem (where). cure.</c>
/// </summary>
public sealed class BadFileException : Exception
{
    /// <summary>Reports a fault in a file.</summary>
    /// <param name="path">The file, or a name for data that came from memory.</param>
    /// <param name="problem">What is wrong, as a sentence without its full stop.</param>
    /// <param name="where">The place in the file, such as <c>byte 33, chunk IDAT</c>; null when it is the whole
    /// file.</param>
    /// <param name="cure">What to do about it, as a sentence without its full stop.</param>
    /// <param name="inner">The cause, when a lower layer reported one.</param>
    public BadFileException(string path, string problem, string? where, string cure, Exception? inner = null)
        : base($"{path}: {problem}{(where is null ? "" : $" ({where})")}. {cure}.", inner)
    {
        Path = path;
        Problem = problem;
        Where = where;
        Cure = cure;
    }

    /// <summary>The file, or a name for data that came from memory.</summary>
    public string Path { get; }

    /// <summary>What is wrong.</summary>
    public string Problem { get; }

    /// <summary>The place in the file; null when the fault is of the whole file.</summary>
    public string? Where { get; }

    /// <summary>What to do about it.</summary>
    public string Cure { get; }
}
