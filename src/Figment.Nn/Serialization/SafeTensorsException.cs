namespace Figment.Nn.Serialization;

/// <summary>
/// A safetensors file that cannot be trusted or understood. Every fault of a file is told by this one type: where it
/// lies, what is wrong and what to do. (A disk that fails to read stays an <see cref="IOException"/>.)
/// </summary>
public sealed class SafeTensorsException : Exception
{
    /// <summary>Builds the exception from its parts.</summary>
    /// <param name="file">The file's name as the caller gave it.</param>
    /// <param name="fault">What is wrong, one sentence without a full stop.</param>
    /// <param name="cure">What to do about it, one sentence without a full stop.</param>
    /// <param name="key">The tensor or metadata key at fault, where there is one.</param>
    /// <param name="offset">The byte of the file at fault, where there is one.</param>
    /// <param name="inner">The exception that told of the fault, where there is one.</param>
    public SafeTensorsException(string file, string fault, string cure, string? key = null, long? offset = null,
        Exception? inner = null)
        : base(Compose(file, fault, cure, key, offset), inner)
    {
        File = file;
        Fault = fault;
        Cure = cure;
        Key = key;
        Offset = offset;
    }

    /// <summary>The file's name as the caller gave it.</summary>
    public string File { get; }

    /// <summary>What is wrong.</summary>
    public string Fault { get; }

    /// <summary>What to do about it.</summary>
    public string Cure { get; }

    /// <summary>The tensor or metadata key at fault, or null.</summary>
    public string? Key { get; }

    /// <summary>The byte of the file at fault, or null.</summary>
    public long? Offset { get; }

    private static string Compose(string file, string fault, string cure, string? key, long? offset)
    {
        var place = (key, offset) switch
        {
            (null, null) => "",
            (null, _) => $" (byte {offset})",
            (_, null) => $" (key \"{Printable(key)}\")",
            _ => $" (key \"{Printable(key)}\", byte {offset})",
        };
        return $"{file}{place}: {fault}. {cure}.";
    }

    /// <summary>Keys come from the file, so control characters and endless names must not reach a terminal.</summary>
    private static string Printable(string key)
    {
        var shown = key.Length <= 80 ? key : key[..77] + "...";
        return string.Concat(shown.Select(c => char.IsControl(c) || c == '"' ? $"\\u{(int)c:x4}" : c.ToString()));
    }
}
