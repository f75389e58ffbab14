using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Figment.Torch;

/// <summary>
/// A source of random numbers with its own state; there is no global one. Named streams keep uses apart, so that
/// drawing a preview never changes training.
/// </summary>
/// <remarks>
/// On a CPU it is libtorch's Mersenne Twister, which is seeded with the lower 32 bits of the seed. Not for use by
/// several threads at once: the order of their draws would decide the numbers.
/// </remarks>
public sealed unsafe class Rng : IDisposable
{
    private nint handle;

    /// <param name="seed">Equal seeds give equal numbers.</param>
    /// <param name="device">Where the numbers are drawn; the CPU by default.</param>
    public Rng(ulong seed, Device? device = null)
    {
        Seed = seed;
        Device = device ?? Device.Cpu;
        Native.Check(Native.ft_generator_new(Device.Code, seed, out handle));
    }

    ~Rng() => Free();

    /// <summary>The seed it began with.</summary>
    public ulong Seed { get; }

    /// <summary>Where the numbers are drawn.</summary>
    public Device Device { get; }

    internal nint Handle => handle != 0 ? handle : throw new ObjectDisposedException(nameof(Rng));

    /// <summary>The generator's whole state; setting it continues from there, bit for bit.</summary>
    /// <exception cref="TorchException">The bytes are no state of such a generator.</exception>
    public byte[] State
    {
        get => TensorScope.Run(() =>
        {
            nint state;
            Native.Check(Native.ft_generator_state(Handle, &state), nameof(State));
            GC.KeepAlive(this);
            return Tensor.Adopt(state, nameof(State)).ToArray<byte>();
        });
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            using var state = Tensor.From(value, value.Length).Own();
            Native.Check(Native.ft_generator_restore(Handle, state.Handle));
            GC.KeepAlive(this);
        }
    }

    /// <summary>
    /// The rows of a batch that this process works on, where several share it. Then noise for the rows is drawn for the
    /// whole batch, and the process takes its own of it, so that together they draw what one alone would. Null, the
    /// default, draws as asked.
    /// </summary>
    /// <remarks>
    /// Noise for rows is a draw with a dimension of <see cref="RowShare.Count"/> elements (the first such counts), or
    /// else one whose first dimension is a multiple of it, as when rows and time were joined; any other draw is the
    /// same in every process. <see cref="Permutation"/> and operators that are given the generator draw as asked.
    /// </remarks>
    public RowShare? Rows { get; set; }

    /// <summary>An independent generator whose seed depends on this one's seed and on the name alone.</summary>
    public Rng Stream(string name) => Stream(name, Device);

    /// <summary>As <see cref="Stream(string)"/>, drawing on another device. The numbers of two kinds of device
    /// differ.</summary>
    public Rng Stream(string name, Device device) => new(StreamSeed(Seed, name), device) { Rows = Rows };

    /// <summary>The seed of the named stream: the first eight bytes of SHA-256 over seed and name.</summary>
    public static ulong StreamSeed(ulong seed, string name)
    {
        var bytes = new byte[8 + Encoding.UTF8.GetByteCount(name)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        Encoding.UTF8.GetBytes(name, bytes.AsSpan(8));
        return BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(bytes));
    }

    /// <summary>Draws from N(mean, std^2).</summary>
    public Tensor Normal(ReadOnlySpan<long> shape, double mean = 0, double std = 1, DType dtype = DType.Float32) =>
        Rows is { } rows ? rows.Take(shape, all => Ops.Empty(all, dtype, Device).NormalInPlace(this, mean, std))
            : Ops.Empty(shape, dtype, Device).NormalInPlace(this, mean, std);

    /// <summary>Draws uniformly from [low, high).</summary>
    public Tensor Uniform(ReadOnlySpan<long> shape, double low = 0, double high = 1, DType dtype = DType.Float32) =>
        Rows is { } rows ? rows.Take(shape, all => Ops.Empty(all, dtype, Device).UniformInPlace(this, low, high))
            : Ops.Empty(shape, dtype, Device).UniformInPlace(this, low, high);

    /// <summary>1 with probability <paramref name="p"/> (in [0, 1]), else 0, element by element, in p's type.</summary>
    /// <remarks>
    /// A comparison with uniform draws is several times faster than libtorch's own Bernoulli on a CPU.
    /// </remarks>
    public Tensor Bernoulli(Tensor p) => TensorScope.Run(() => (Uniform(p.Shape, dtype: p.DType) < p).To(p.DType));

    /// <summary>Draws integers uniformly from low, ..., high - 1, as Int64.</summary>
    public Tensor Integers(long low, long high, ReadOnlySpan<long> shape) =>
        Rows is { } rows ? rows.Take(shape, all => Ops.Randint(low, high, all, this, DType.Int64, Device))
            : Ops.Randint(low, high, shape, this, DType.Int64, Device);

    /// <summary>The numbers 0, ..., n - 1 in random order, as Int64.</summary>
    public Tensor Permutation(long n) => Ops.Randperm(n, this, DType.Int64, Device);

    /// <summary>Frees the generator; a second call does nothing.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        var gone = Interlocked.Exchange(ref handle, 0);
        if (gone != 0) Native.ft_generator_free(gone);
    }
}
