namespace Figment.Torch;

/// <summary>One index of <c>x[...]</c>: a number, a range, a tensor of positions or truth values, a new dimension, or "the rest".</summary>
public readonly struct TensorIndex
{
    private TensorIndex(Kind of, long start = 0, long? stop = null, long step = 1, Tensor? at = null) =>
        (Of, Start, Stop, Step, At) = (of, start, stop, step, at);

    internal enum Kind { Number, Slice, Tensor, NewDimension, Ellipsis }

    internal Kind Of { get; }
    internal long Start { get; }
    internal long? Stop { get; }
    internal long Step { get; }
    internal Tensor? At { get; }

    /// <summary>A dimension of size 1, put in here.</summary>
    public static TensorIndex None { get; } = new(Kind.NewDimension);

    /// <summary>As many whole dimensions as are left.</summary>
    public static TensorIndex Ellipsis { get; } = new(Kind.Ellipsis);

    /// <summary>The whole dimension.</summary>
    public static TensorIndex All { get; } = new(Kind.Slice);

    /// <summary>start, start + step, ... before stop; negative positions count from the end; step at least 1.</summary>
    public static TensorIndex Slice(long start = 0, long? stop = null, long step = 1) =>
        step >= 1 ? new(Kind.Slice, start, stop, step) : throw new ArgumentOutOfRangeException(nameof(step), step, "at least 1");

    public static implicit operator TensorIndex(int i) => new(Kind.Number, i);
    public static implicit operator TensorIndex(long i) => new(Kind.Number, i);
    public static implicit operator TensorIndex(Index i) => new(Kind.Number, i.IsFromEnd ? -i.Value : i.Value);
    public static implicit operator TensorIndex(Tensor at) => new(Kind.Tensor, at: at);

    public static implicit operator TensorIndex(Range r) => new(Kind.Slice,
        r.Start.IsFromEnd ? -r.Start.Value : r.Start.Value,
        r.End.IsFromEnd ? (r.End.Value == 0 ? null : -r.End.Value) : r.End.Value);
}

public unsafe partial class Tensor
{
    /// <summary>A part of the tensor: a view, unless a tensor is among the indices.</summary>
    [System.Runtime.CompilerServices.IndexerName("Part")]
    public Tensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get
        {
            var (view, at) = View(indices);
            return at is null ? view : view.Index(at);
        }

        set
        {
            var (view, at) = View(indices);
            if (at is null) view.CopyInPlace(value);
            else view.IndexPutInPlace(at, value);
        }
    }

    // Numbers, ranges and new dimensions make a view; tensors are gathered, each at its dimension of the view.
    private (Tensor View, Tensor?[]? At) View(ReadOnlySpan<TensorIndex> indices)
    {
        var specified = 0;
        foreach (var i in indices)
            specified += i.Of switch
            {
                TensorIndex.Kind.Number or TensorIndex.Kind.Slice => 1,
                TensorIndex.Kind.Tensor => i.At!.DType == DType.Bool ? i.At.Rank : 1,
                _ => 0,
            };
        if (specified > Rank) throw new ArgumentException($"{specified} indices for a tensor of shape [{Join(Shape)}]");

        var view = this;
        var at = new List<Tensor?>();
        var (dim, gathered) = (0, false);
        foreach (var i in indices)
        {
            switch (i.Of)
            {
                case TensorIndex.Kind.Number:
                    view = view.Select(dim, i.Start);
                    break;
                case TensorIndex.Kind.Slice:
                    if (i.Start != 0 || i.Stop is not null || i.Step != 1) view = view.Slice(dim, i.Start, i.Stop, i.Step);
                    dim++;
                    break;
                case TensorIndex.Kind.NewDimension:
                    view = view.Unsqueeze(dim++);
                    break;
                case TensorIndex.Kind.Ellipsis:
                    dim += Rank - specified;
                    break;
                default:
                    while (at.Count < dim) at.Add(null);
                    at.Add(i.At);
                    dim++;
                    gathered = true;
                    break;
            }
        }

        return (ReferenceEquals(view, this) && !gathered ? view.Slice(0) : view, gathered ? [.. at] : null);
    }
}
