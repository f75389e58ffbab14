
namespace Figment.Data.Text;

/// <summary>Byte pairs that occur often, merged again and again (Sennrich et al. 2016,
/// https://arxiv.org/abs/1508.07909), over bytes within pieces of text as in GPT-2: any bytes can be written, and come
/// back as they were.</summary>
public sealed class BytePairTokenizer : Tokenizer
{
    /// <summary>What stands in a vocabulary for the end of a text. Never found in a text itself: it is a token of its
    /// own.</summary>
    public const string EndOfText = "<|endoftext|>";

    // Pieces whose tokens are kept; the rest is merged again each time.
    private const int MostKept = 1 << 18, LongestKept = 64;

    private readonly byte[][] bytes; // of each token
    private readonly int[] ofByte = new int[256];
    private readonly Dictionary<long, (int Rank, int Token)> merges;
    private readonly Dictionary<byte[], int[]> kept = new(PieceComparer.Instance);
    private readonly Dictionary<byte[], int[]>.AlternateLookup<ReadOnlySpan<byte>> pieces;

    /// <param name="bytes">Of each token; every single byte is among them.</param>
    /// <param name="merges">Pairs of tokens, the most frequent first, whose bytes joined are a token's.</param>
    /// <param name="end">The token that ends a text; null for none.</param>
    internal BytePairTokenizer(IReadOnlyList<byte[]> bytes, IReadOnlyList<(int Left, int Right)> merges, int? end)
    {
        (this.bytes, Merges, End) = ([.. bytes], merges, end);
        pieces = kept.GetAlternateLookup<ReadOnlySpan<byte>>();
        var tokens = new Dictionary<byte[], int>(PieceComparer.Instance);
        for (var token = 0; token < bytes.Count; token++)
            if (token != end) tokens[bytes[token]] = token;
        for (var b = 0; b < 256; b++) ofByte[b] = tokens[[(byte)b]];
        this.merges = new(merges.Count);
        foreach (var (rank, (left, right)) in merges.Index())
            this.merges.TryAdd(Pair(left, right), (rank, tokens[[.. bytes[left], .. bytes[right]]]));
    }

    /// <inheritdoc/>
    public override string Kind => "bytes";

    /// <inheritdoc/>
    public override int Count => bytes.Length;

    /// <inheritdoc/>
    public override int? End { get; }

    /// <summary>Pairs of tokens, the most frequent first.</summary>
    internal IReadOnlyList<(int Left, int Right)> Merges { get; }

    /// <inheritdoc/>
    public override void Encode(ReadOnlySpan<byte> utf8, List<int> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        while (!utf8.IsEmpty)
        {
            var length = Gpt2Pieces.First(utf8);
            var piece = utf8[..length];
            if (length == 1)
            {
                tokens.Add(ofByte[piece[0]]);
            }
            else if (pieces.TryGetValue(piece, out var known))
            {
                tokens.AddRange(known);
            }
            else
            {
                var merged = Merge(piece);
                if (kept.Count < MostKept && length <= LongestKept) kept[piece.ToArray()] = merged;
                tokens.AddRange(merged);
            }

            utf8 = utf8[length..];
        }
    }

    /// <inheritdoc/>
    public override ReadOnlySpan<byte> Bytes(int token) =>
        (uint)token < (uint)bytes.Length ? bytes[token] : throw NoSuch(token);

    // The pair of the lowest rank first, the leftmost of equal ones: a queue over a chained list, so that one huge
    // piece takes n log n.
    private int[] Merge(ReadOnlySpan<byte> piece)
    {
        var n = piece.Length;
        var (token, next, before) = (new int[n], new int[n], new int[n]);
        for (var i = 0; i < n; i++) (token[i], next[i], before[i]) = (ofByte[piece[i]], i + 1, i - 1);
        var queue = new PriorityQueue<(int At, int Left, int Right, int Merged), (int Rank, int At)>();
        void Consider(int at)
        {
            if (at < 0 || next[at] >= n) return;
            var (left, right) = (token[at], token[next[at]]);
            if (merges.TryGetValue(Pair(left, right), out var found))
                queue.Enqueue((at, left, right, found.Token), (found.Rank, at));
        }

        for (var i = 0; i < n; i++) Consider(i);
        var count = n;
        while (queue.TryDequeue(out var pair, out _))
        {
            var (at, second) = (pair.At, next[pair.At]);
            if (token[at] != pair.Left || second >= n || token[second] != pair.Right) continue; // merged meanwhile
            (token[at], token[second]) = (pair.Merged, -1);
            next[at] = next[second];
            if (next[at] < n) before[next[at]] = at;
            count--;
            Consider(before[at]);
            Consider(at);
        }

        var result = new int[count];
        for (int i = 0, at = 0; at < n; at = next[at]) result[i++] = token[at];
        return result;
    }

    private static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>The printable characters that stand for bytes in GPT-2's files: printable ASCII and Latin-1 for
    /// themselves, the others from U+0100 on; in the order of its vocabulary.</summary>
    internal static IReadOnlyList<(byte Byte, char Sign)> Signs { get; } = MakeSigns();

    private static List<(byte, char)> MakeSigns()
    {
        static bool Prints(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
        var all = Enumerable.Range(0, 256);
        return [.. all.Where(Prints).Select(b => ((byte)b, (char)b)),
            .. all.Where(b => !Prints(b)).Select((b, i) => ((byte)b, (char)(0x100 + i)))];
    }
}

/// <summary>Compares pieces of text by their bytes.</summary>
internal sealed class PieceComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static PieceComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] piece) => GetHashCode(piece.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    // Seeded a process: a text cannot be made to collide.
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = new HashCode();
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
