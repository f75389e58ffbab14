namespace Figment.Data.Catalog;

/// <summary>News about a data set that is being fetched or read.</summary>
/// <param name="Set">The card's id or the folder.</param>
/// <param name="Stage">What is being done, in words.</param>
/// <param name="Done">Bytes or files done.</param>
/// <param name="Total">Of how many; 0 when it is not known.</param>
public readonly record struct DataProgress(string Set, string Stage, long Done = 0, long Total = 0);

/// <summary>A data set or weights cannot be had; the message lists what was tried, and what to do.</summary>
public sealed class DataUnavailableException : Exception
{
    internal DataUnavailableException(FileCard card, IReadOnlyList<string> tried, string cure)
        : base($"The {card.Noun} '{card.Id}' could not be found or fetched. Tried:{Environment.NewLine}"
            + string.Join(Environment.NewLine, tried.Select(line => "  - " + line)) + Environment.NewLine + cure)
    {
        Card = card.Id;
        Tried = tried;
    }

    /// <summary>The card's id.</summary>
    public string Card { get; }

    /// <summary>Each place tried, and why it did not serve.</summary>
    public IReadOnlyList<string> Tried { get; }
}
