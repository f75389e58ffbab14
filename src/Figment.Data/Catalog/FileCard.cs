namespace Figment.Data.Catalog;

/// <summary>Files that are known by name and hash: where they come from, on which terms.</summary>
public abstract record FileCard
{
    /// <summary>The name by which it is asked for: <c>mnist</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The sub-folder of a FIGMENT_DATA folder in which its files are looked for; null for the id.</summary>
    public string? Folder { get; init; }

    /// <summary>The card whose files these are, where they are another set's; null where they are its own.</summary>
    public string? Of { get; init; }

    /// <summary>Its full name.</summary>
    public required string Title { get; init; }

    /// <summary>What is in it, in one or two sentences.</summary>
    public required string Description { get; init; }

    /// <summary>The paper or report to cite.</summary>
    public required string Citation { get; init; }

    /// <summary>The terms of use.</summary>
    public required string Licence { get; init; }

    /// <summary>Its home page.</summary>
    public required Uri HomePage { get; init; }

    /// <summary>Whether the terms allow research use only, or none are stated.</summary>
    public bool ResearchOnly { get; init; }

    /// <summary>Every file, with its size and hash.</summary>
    public required IReadOnlyList<DataFile> Files { get; init; }

    /// <summary>Where the files come from, in the order tried.</summary>
    public IReadOnlyList<DataOrigin> Origins { get; init; } = [];

    /// <summary>What the files are, for messages.</summary>
    internal abstract string Noun { get; }
}

/// <summary>The weights of a network that others trained.</summary>
public sealed record WeightCard : FileCard
{
    internal override string Noun => "weights";
}
