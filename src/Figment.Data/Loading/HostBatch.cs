using Figment.Data.Images;
using Figment.Torch;

namespace Figment.Data.Loading;

/// <summary>
/// A batch in host memory. The loader lends it: its spans are valid until the next batch is asked for.
/// </summary>
public sealed class HostBatch
{
    private readonly float[] images;
    private readonly long[] labels;
    private readonly int[] indices;

    internal HostBatch(ImageShape shape, int capacity, bool hasLabels)
    {
        Shape = shape;
        HasLabels = hasLabels;
        images = new float[checked(shape.Length * capacity)];
        labels = new long[hasLabels ? capacity : 0];
        indices = new int[capacity];
    }

    /// <summary>The shape of one image.</summary>
    public ImageShape Shape { get; }

    /// <summary>How many examples the batch holds; fewer than asked for at the end of a pass.</summary>
    public int Count { get; private set; }

    /// <summary>Which rows of the batch these are, where several processes share it; null where one has all.</summary>
    public RowShare? Rows { get; internal set; }

    /// <summary>The part of these rows in the mean over the whole batch; 1 where one process has all.</summary>
    public double Weight { get; internal set; } = 1;

    /// <summary>Whether there are labels.</summary>
    public bool HasLabels { get; }

    /// <summary>Where the batch begins.</summary>
    public Cursor Start { get; private set; }

    /// <summary>(Count, C, H, W) numbers in [0, 1].</summary>
    public ReadOnlySpan<float> Images => images.AsSpan(0, Count * Shape.Length);

    /// <summary>The classes; empty without labels.</summary>
    public ReadOnlySpan<long> Labels => labels.AsSpan(0, HasLabels ? Count : 0);

    /// <summary>Which examples of the set these are.</summary>
    public ReadOnlySpan<int> Indices => indices.AsSpan(0, Count);

    /// <summary>Labelled images that were asked for beside the batch; null where none were.</summary>
    public HostBatch? Labelled { get; internal set; }

    internal Cursor After { get; private set; }

    internal Exception? Fault { get; set; }

    internal void Begin(Cursor start, Cursor after, int count) =>
        (Start, After, Count, Fault) = (start, after, count, null);

    internal Span<float> Image(int slot) => images.AsSpan(slot * Shape.Length, Shape.Length);

    internal void Set(int slot, int index, int label)
    {
        indices[slot] = index;
        if (HasLabels)
            labels[slot] = label;
    }
}
