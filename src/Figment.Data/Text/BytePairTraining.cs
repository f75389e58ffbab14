namespace Figment.Data.Text;

/// <summary>Learns byte pairs from text (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909,
/// algorithm 1).</summary>
public static class BytePairTraining
{
    /// <summary>Merges the most frequent pair again and again; of pairs equally frequent the one with the lower tokens.
    /// The same text gives the same vocabulary.</summary>
    /// <param name="text">UTF-8, in parts that are cut into pieces each by itself.</param>
    /// <param name="count">Tokens wanted, at least 257: all bytes, <see cref="BytePairTokenizer.EndOfText"/>, the rest
    /// merges. Fewer where no pair occurs twice.</param>
    /// <param name="cancellation">Stops it.</param>
    public static BytePairTokenizer Learn(IEnumerable<ReadOnlyMemory<byte>> text, int count,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 257);
        var bytes = new List<byte[]>(count);
        var ofByte = new int[256];
        foreach (var (b, _) in BytePairTokenizer.Signs)
        {
            ofByte[b] = bytes.Count;
            bytes.Add([b]);
        }

        var words = Words(text, ofByte, cancellation);
        var pairs = new Pairs(words);
        var merges = new List<(int, int)>();
        while (bytes.Count < count - 1 && pairs.MostFrequent() is { } pair)
        {
            cancellation.ThrowIfCancellationRequested();
            merges.Add(pair);
            pairs.Merge(pair, bytes.Count);
            bytes.Add([.. bytes[pair.Left], .. bytes[pair.Right]]);
        }

        bytes.Add(System.Text.Encoding.UTF8.GetBytes(BytePairTokenizer.EndOfText));
        return new BytePairTokenizer(bytes, merges, bytes.Count - 1);
    }

    // Each different piece once, with how often it occurs, in the order of their first occurrence.
    private static List<Word> Words(IEnumerable<ReadOnlyMemory<byte>> text, int[] ofByte,
        CancellationToken cancellation)
    {
        var places = new Dictionary<byte[], int>(PieceComparer.Instance);
        var known = places.GetAlternateLookup<ReadOnlySpan<byte>>();
        var words = new List<Word>();
        foreach (var part in text)
        {
            for (var rest = part.Span; !rest.IsEmpty;)
            {
                cancellation.ThrowIfCancellationRequested();
                var piece = rest[..Gpt2Pieces.First(rest)];
                rest = rest[piece.Length..];
                if (known.TryGetValue(piece, out var place))
                {
                    words[place].Times++;
                    continue;
                }

                known[piece] = words.Count;
                var tokens = new int[piece.Length];
                for (var i = 0; i < tokens.Length; i++) tokens[i] = ofByte[piece[i]];
                words.Add(new Word(tokens));
            }
        }

        return words;
    }

    private sealed class Word(int[] tokens)
    {
        public int[] Tokens { get; set; } = tokens;

        public long Times { get; set; } = 1;
    }

    // How often each pair occurs, and in which words; kept up to date as pairs are merged.
    private sealed class Pairs
    {
        private readonly List<Word> words;
        private readonly Dictionary<(int Left, int Right), long> times = [];
        private readonly Dictionary<(int Left, int Right), HashSet<int>> places = [];
        private readonly PriorityQueue<(int Left, int Right), (long Less, int Left, int Right)> queue = new();

        public Pairs(List<Word> words)
        {
            this.words = words;
            for (var w = 0; w < words.Count; w++) Count(w, 1, null);
            foreach (var (pair, often) in times) Enqueue(pair, often);
        }

        /// <summary>Null where none occurs twice.</summary>
        public (int Left, int Right)? MostFrequent()
        {
            while (queue.TryDequeue(out var pair, out var order))
            {
                var often = times.GetValueOrDefault(pair);
                if (often == -order.Less) return often < 2 ? null : pair;
                if (often > 0) Enqueue(pair, often); // it was merged elsewhere meanwhile
            }

            return null;
        }

        public void Merge((int Left, int Right) pair, int merged)
        {
            var changed = new HashSet<(int, int)>();
            foreach (var w in places[pair])
            {
                Count(w, -1, changed);
                words[w].Tokens = Merged(words[w].Tokens, pair, merged);
                Count(w, 1, changed);
            }

            times.Remove(pair);
            places.Remove(pair);
            changed.Remove(pair);
            foreach (var other in changed)
            {
                if (times.GetValueOrDefault(other) is var often and > 0) Enqueue(other, often);
                else times.Remove(other);
            }
        }

        private void Enqueue((int Left, int Right) pair, long often) =>
            queue.Enqueue(pair, (-often, pair.Left, pair.Right));

        private void Count(int w, int sign, HashSet<(int, int)>? changed)
        {
            var tokens = words[w].Tokens;
            for (var i = 0; i + 1 < tokens.Length; i++)
            {
                var pair = (tokens[i], tokens[i + 1]);
                times[pair] = times.GetValueOrDefault(pair) + (sign * words[w].Times);
                changed?.Add(pair);
                if (sign < 0) continue;
                if (!places.TryGetValue(pair, out var found)) places[pair] = found = [];
                found.Add(w);
            }
        }

        private static int[] Merged(int[] tokens, (int Left, int Right) pair, int merged)
        {
            var result = new List<int>(tokens.Length);
            for (var i = 0; i < tokens.Length; i++)
            {
                var meets = i + 1 < tokens.Length && tokens[i] == pair.Left && tokens[i + 1] == pair.Right;
                result.Add(meets ? merged : tokens[i]);
                if (meets) i++;
            }

            return [.. result];
        }
    }
}
