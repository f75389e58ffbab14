using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>Images held as blocks of bytes; a set may be larger than one array can be.</summary>
public sealed class MemoryImages : IImageSource
{
    private readonly IReadOnlyList<ReadOnlyMemory<byte>> blocks;
    private readonly int perBlock;
    private readonly int[]? labels;
    private readonly IReadOnlyList<string?>? captions;
    private readonly Lazy<string> hash;
    private readonly Lazy<bool> binary;

    /// <summary>Takes one buffer as a set; it is not copied and must not change.</summary>
    /// <param name="name">What the set is called.</param>
    /// <param name="shape">The shape of an image.</param>
    /// <param name="pixels">A whole number of images, one after another.</param>
    /// <param name="labels">One class an image, from 0; null without labels.</param>
    /// <param name="classNames">A name for each class; null numbers them.</param>
    /// <exception cref="ArgumentException">The buffer, labels and names do not fit together.</exception>
    public MemoryImages(string name, ImageShape shape, ReadOnlyMemory<byte> pixels, int[]? labels = null,
        IReadOnlyList<string>? classNames = null)
        : this(name, shape, [pixels], CountOf(pixels.Length, shape), CountOf(pixels.Length, shape), labels, classNames)
    {
    }

    private MemoryImages(string name, ImageShape shape, IReadOnlyList<ReadOnlyMemory<byte>> blocks, int perBlock,
        int count,
        int[]? labels, IReadOnlyList<string>? classNames, IReadOnlyList<string?>? captions = null)
    {
        (Name, Shape, this.blocks, this.perBlock, Count, this.labels) = (name, shape, blocks, perBlock, count, labels);
        this.captions = captions;
        if (labels is not null && labels.Length != count)
            throw new ArgumentException($"{name}: {count} images have {labels.Length} labels.", nameof(labels));
        var classes = labels is null || labels.Length == 0 ? 0 : labels.Max() + 1;
        ClassNames = classNames ?? [.. Enumerable.Range(0, classes).Select(label => $"{label}")];
        if (labels is not null && labels.Length > 0 && (labels.Min() < 0 || classes > ClassNames.Count))
        {
            throw new ArgumentException($"{name}: labels run from {labels.Min()} to {labels.Max()}, for "
                + $"{ClassNames.Count} class names.", nameof(labels));
        }

        hash = new(() => SourceFacts.Hash(this));
        binary = new(() => SourceFacts.IsBinary(this));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public ImageShape Shape { get; }

    /// <inheritdoc/>
    public bool HasLabels => labels is not null;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public bool IsBinary => binary.Value;

    /// <inheritdoc/>
    public string ContentHash => hash.Value;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Pixels(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return blocks[index / perBlock].Span.Slice(index % perBlock * Shape.Length, Shape.Length);
    }

    /// <inheritdoc/>
    public int Label(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return labels is null ? -1 : labels[index];
    }

    /// <inheritdoc/>
    public string? Caption(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return captions?[index];
    }

    /// <summary>Makes a set by filling each image in turn, on several threads; the result does not depend on
    /// them.</summary>
    /// <param name="name">What the set is called.</param>
    /// <param name="shape">The shape of an image.</param>
    /// <param name="count">How many.</param>
    /// <param name="fill">Writes image <c>index</c> into the memory given.</param>
    /// <param name="labels">One class an image; null without labels.</param>
    /// <param name="classNames">A name for each class.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <param name="captions">What each image shows; null where the set does not say.</param>
    internal static MemoryImages Fill(string name, ImageShape shape, int count, Action<int, Memory<byte>> fill,
        int[]? labels, IReadOnlyList<string>? classNames, CancellationToken cancellation,
        IReadOnlyList<string?>? captions = null)
    {
        var perBlock = Math.Max(1, (1 << 28) / shape.Length);
        var blocks = new List<ReadOnlyMemory<byte>>();
        for (var start = 0; start < count; start += perBlock)
        {
            var first = start;
            var here = Math.Min(perBlock, count - first);
            var block = new byte[here * shape.Length];
            Parallel.For(0, here, new ParallelOptions { CancellationToken = cancellation },
                i => fill(first + i, block.AsMemory(i * shape.Length, shape.Length)));
            blocks.Add(block);
        }

        return new MemoryImages(name, shape, blocks, perBlock, count, labels, classNames, captions);
    }

    private static int CountOf(int bytes, ImageShape shape) => shape.Length > 0 && bytes % shape.Length == 0
        ? bytes / shape.Length
        : throw new ArgumentException($"{bytes} bytes are no whole number of {shape} images.");
}
