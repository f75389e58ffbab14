using System.Numerics;
using System.Runtime.CompilerServices;

namespace Figment.Data.Loading;

/// <summary>
/// Random numbers without state: the n-th number is a function of (seed, stream, epoch, example, n) alone. Whatever
/// thread asks, in whatever order, after whatever resume, the answer is the same.
/// </summary>
/// <remarks>
/// Keys are mixed by SplitMix64's finaliser (Steele, Lea, Flood 2014); numbers by a 32-bit mixer with low bias
/// (Wellons 2018) over a Weyl sequence, keyed at its start and in its middle, which runs in vector lanes.
/// </remarks>
public readonly struct CounterRandom
{
    private const uint Step = 0x9E3779B9, FirstFactor = 0x7FEB352D, SecondFactor = 0x846CA68B;
    private readonly uint first;
    private readonly uint second;

    private CounterRandom(ulong key) => (first, second) = ((uint)key, (uint)(key >> 32));

    /// <summary>The stream of one example in one epoch.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="stream">What the numbers are for, so that uses do not share numbers.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="example">The example's index in the data set.</param>
    public static CounterRandom For(ulong seed, ulong stream, long epoch, long example) =>
        new(Mix(Mix(Mix(Mix(seed) ^ stream) ^ (ulong)epoch) ^ (ulong)example));

    /// <summary>The n-th number of 32 random bits.</summary>
    /// <param name="n">Which.</param>
    public uint Bits(uint n)
    {
        var x = n * Step + first;
        x = (x ^ (x >> 16)) * FirstFactor;
        x = (x ^ (x >> 15) ^ second) * SecondFactor;
        return x ^ (x >> 16);
    }

    /// <summary>The n-th number in [0, 1), a multiple of 2^-24.</summary>
    /// <param name="n">Which.</param>
    public float Uniform(uint n) => Level(n) * (1f / (1 << 24));

    /// <summary>The n-th whole number in [0, 2^24), which a float holds exactly.</summary>
    /// <param name="n">Which.</param>
    public int Level(uint n) => (int)(Bits(n) >> 8);

    /// <summary>The n-th whole number in [0, limit), without measurable bias for limits below 2^20.</summary>
    /// <param name="n">Which.</param>
    /// <param name="limit">At least 1.</param>
    public int Below(uint n, int limit) => (int)(((ulong)Bits(n) * (uint)limit) >> 32);

    /// <summary>
    /// The order of an epoch: a permutation of 0 to count - 1 by Fisher and Yates, a pure function of seed and epoch.
    /// </summary>
    /// <param name="order">Filled with the permutation.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    public static void Permute(Span<int> order, ulong seed, long epoch)
    {
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        var state = Mix(Mix(Mix(seed) ^ 0x73687566666C65) ^ (ulong)epoch);
        for (var i = order.Length - 1; i > 0; i--)
        {
            state += 0x9E3779B97F4A7C15;
            var other = (int)Math.BigMul(Mix(state), (ulong)(i + 1), out _);
            (order[i], order[other]) = (order[other], order[i]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector<uint> LevelVector(uint start)
    {
        var x = Vector<uint>.Indices * new Vector<uint>(Step) + new Vector<uint>(start * Step + first);
        x = (x ^ (x >>> 16)) * new Vector<uint>(FirstFactor);
        x = (x ^ (x >>> 15) ^ new Vector<uint>(second)) * new Vector<uint>(SecondFactor);
        return (x ^ (x >>> 16)) >>> 8;
    }

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
