using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>Some images of another set, in a given order, without a copy.</summary>
public sealed class ImageSubset : IImageSource
{
    private readonly IImageSource whole;
    private readonly int[] indices;
    private readonly Lazy<string> hash;
    private readonly Lazy<bool> binary;

    /// <summary>Selects images by index.</summary>
    /// <param name="name">What the selection is called.</param>
    /// <param name="whole">The set to select from.</param>
    /// <param name="indices">Which images, in which order.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index leaves the set.</exception>
    public ImageSubset(string name, IImageSource whole, ReadOnlySpan<int> indices)
    {
        ArgumentNullException.ThrowIfNull(whole);
        if (indices.ContainsAnyExceptInRange(0, whole.Count - 1))
            throw new ArgumentOutOfRangeException(nameof(indices),
                $"An index leaves the {whole.Count} images of {whole.Name}.");
        (Name, this.whole, this.indices) = (name, whole, indices.ToArray());
        hash = new(() => SourceFacts.Hash(this));
        binary = new(() => SourceFacts.IsBinary(this));
    }

    /// <summary>
    /// A set's images at equal distances, beginning with its first: of a set that is sorted by class some of each
    /// class, where its first images would be of one. Always the same ones.
    /// </summary>
    /// <param name="whole">The set to select from.</param>
    /// <param name="limit">How many; 0 or less, and as many as there are or more, take the whole set.</param>
    public static IImageSource Spread(IImageSource whole, int limit)
    {
        ArgumentNullException.ThrowIfNull(whole);
        return limit <= 0 || limit >= whole.Count ? whole
            : new ImageSubset($"{whole.Name}, {limit} spread over {whole.Count}", whole, Spread(whole.Count, limit));
    }

    /// <summary>Which images those are: numbers at equal distances from 0 to a count.</summary>
    /// <param name="count">How many images there are.</param>
    /// <param name="limit">How many are wanted; 0 or less, and as many as there are or more, take all.</param>
    public static int[] Spread(int count, int limit) => limit <= 0 || limit >= count
        ? [.. Enumerable.Range(0, count)]
        : [.. Enumerable.Range(0, limit).Select(i => (int)((long)i * count / limit))];

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Count => indices.Length;

    /// <inheritdoc/>
    public ImageShape Shape => whole.Shape;

    /// <inheritdoc/>
    public bool HasLabels => whole.HasLabels;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames => whole.ClassNames;

    /// <inheritdoc/>
    public bool IsBinary => binary.Value;

    /// <inheritdoc/>
    public string ContentHash => hash.Value;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Pixels(int index) => whole.Pixels(indices[index]);

    /// <inheritdoc/>
    public int Label(int index) => whole.Label(indices[index]);

    /// <inheritdoc/>
    public string? Caption(int index) => whole.Caption(indices[index]);
}
