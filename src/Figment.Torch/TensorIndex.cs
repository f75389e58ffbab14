namespace Figment.Torch;

/// <summary>
/// One index of <c>x[...]</c>: a number, a range, a tensor of positions or truth values, a new dimension, or "the
/// rest".
/// </summary>
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

    /// <summary>As many whole dimensions as are left; once at most.</summary>
    public static TensorIndex Ellipsis { get; } = new(Kind.Ellipsis);

    /// <summary>The whole dimension.</summary>
    public static TensorIndex All { get; } = new(Kind.Slice, step: 1);

    /// <summary>
    /// start, start + step, ... before stop; negative positions count from the end, and what lies outside is cut off.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The step is below 1.</exception>
    public static TensorIndex Slice(long start = 0, long? stop = null, long step = 1) =>
        step >= 1 ? new(Kind.Slice, start, stop, step)
            : throw new ArgumentOutOfRangeException(nameof(step), step, "at least 1");

    /// <summary>One position; the dimension goes. Negative ones count from the end.</summary>
    public static implicit operator TensorIndex(int i) => new(Kind.Number, i);

    /// <inheritdoc cref="op_Implicit(int)"/>
    public static implicit operator TensorIndex(long i) => new(Kind.Number, i);

    /// <summary>One position, as in <c>x[^1]</c>; the dimension goes.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><c>^0</c> lies behind the last position.</exception>
    public static implicit operator TensorIndex(Index i) => i is { IsFromEnd: true, Value: 0 }
        ? throw new ArgumentOutOfRangeException(nameof(i), "^0 lies behind the last position; ^1 is the last")
        : new(Kind.Number, i.IsFromEnd ? -i.Value : i.Value);

    /// <summary>
    /// Positions (any integer type) that are gathered, or truth values that choose; see <see cref="Tensor.this"/>.
    /// </summary>
    public static implicit operator TensorIndex(Tensor at) =>
        new(Kind.Tensor,
            at: at ?? throw new ArgumentNullException(nameof(at), "for a new dimension use TensorIndex.None"));

    /// <summary>A part of the dimension, as in <c>x[1..^1]</c>; what lies outside is cut off.</summary>
    public static implicit operator TensorIndex(Range r) =>
        new(Kind.Slice, FromStart(r.Start) ?? long.MaxValue, FromStart(r.End));

    // ^0 is the position behind the last, for which libtorch has no negative number.
    private static long? FromStart(Index i) => !i.IsFromEnd ? i.Value : i.Value == 0 ? null : -i.Value;
}

public unsafe partial class Tensor
{
    /// <summary>A part of the tensor: a view, unless a tensor is among the indices; then a copy.</summary>
    /// <param name="indices">
    /// At most one a dimension, from the first; a Bool tensor of n dimensions stands for n. Tensors of positions
    /// broadcast against each other, as in NumPy.
    /// </param>
    /// <exception cref="ArgumentException">There are more indices than dimensions.</exception>
    /// <exception cref="TorchException">A position lies outside, or a mask's shape does not fit.</exception>
    [System.Runtime.CompilerServices.IndexerName("Part")]
    public Tensor this[params ReadOnlySpan<TensorIndex> indices]
    {
        get
        {
            var (view, at) = View(indices);
            if (at is not null) return view.Index(at);
            return ReferenceEquals(view, this) ? ViewAs(this) : view;
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
        var (rank, specified, ellipses) = (Rank, 0, 0);
        foreach (var i in indices)
        {
            specified += Covers(i);
            if (i.Of == TensorIndex.Kind.Ellipsis) ellipses++;
        }

        if (specified > rank) throw new ArgumentException($"{specified} indices for a tensor of shape [{Join(Shape)}]");
        if (ellipses > 1) throw new ArgumentException("an index holds one ellipsis at most");

        var view = this;
        List<Tensor?>? at = null;
        var (dim, whole) = (0, 0); // dimensions of the view so far; those of them behind the last gathered one
        foreach (var i in indices)
        {
            switch (i.Of)
            {
                case TensorIndex.Kind.Number:
                    view = view.Select(dim, i.Start);
                    break;
                case TensorIndex.Kind.Slice:
                    if (i.Start != 0 || i.Stop is not null || i.Step > 1)
                        view = view.Slice(dim, i.Start, i.Stop, Math.Max(1, i.Step));
                    (dim, whole) = (dim + 1, whole + 1);
                    break;
                case TensorIndex.Kind.NewDimension:
                    view = view.Unsqueeze(dim);
                    (dim, whole) = (dim + 1, whole + 1);
                    break;
                case TensorIndex.Kind.Ellipsis:
                    (dim, whole) = (dim + rank - specified, whole + rank - specified);
                    break;
                default:
                    at ??= [];
                    for (; whole > 0; whole--) at.Add(null);
                    at.Add(Positions(i.At!));
                    dim += Covers(i);
                    break;
            }
        }

        return (view, at?.ToArray());
    }

    private static int Covers(TensorIndex i) => i.Of switch
    {
        TensorIndex.Kind.Number or TensorIndex.Kind.Slice => 1,
        TensorIndex.Kind.Tensor => i.At!.DType == DType.Bool ? i.At.Rank : 1,
        _ => 0,
    };

    // libtorch takes bytes for truth values and refuses the smaller integers.
    private static Tensor Positions(Tensor at) => at.DType switch
    {
        DType.Bool when at.Rank == 0 => throw new ArgumentException("a single truth value is no index: use an if"),
        DType.Bool or DType.Int64 => at,
        var t when t.IsFloatingPoint() || t is DType.Complex64 or DType.Complex128 =>
            throw new ArgumentException($"an index of type {t}: positions are integers, choices Bool"),
        _ => at.To(DType.Int64),
    };
}
