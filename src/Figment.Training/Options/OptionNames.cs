using System.Text;

namespace Figment.Training.Options;

/// <summary>How .NET names become option keys, and which known name a mistyped one is nearest to.</summary>
public static class OptionNames
{
    /// <summary><c>LearningRate</c> to <c>learning-rate</c>; a run of capitals is one word (<c>KLWeight</c>,
    /// <c>kl-weight</c>) and digits stay with the word before them (<c>Beta1</c>, <c>beta1</c>).</summary>
    public static string Kebab(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (char.IsUpper(c) && i > 0)
            {
                var afterSmall = !char.IsUpper(name[i - 1]);
                var beforeSmall = i + 1 < name.Length && char.IsLower(name[i + 1]);
                if (afterSmall || beforeSmall)
                    text.Append('-');
            }
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }

    /// <summary>The candidate nearest to <paramref name="word"/> by edit distance, or null when none is near: at most
    /// a third of the word's letters (and at least two) may differ. Case, <c>_</c> and <c>-</c> do not count.</summary>
    public static string? Nearest(string word, IEnumerable<string> candidates)
    {
        if (word.Length > 64)
            return null;
        var wanted = Plain(word);
        var limit = Math.Max(2, wanted.Length / 3);
        var (best, bestDistance) = ((string?)null, limit + 1);
        foreach (var candidate in candidates)
        {
            var plain = Plain(candidate);
            var distance = Distance(wanted, plain);
            if (distance < bestDistance && distance < Math.Max(wanted.Length, plain.Length))
                (best, bestDistance) = (candidate, distance);
        }
        return best;
    }

    /// <summary>Letters to insert, delete, replace or swap with their neighbour to turn one word into the other
    /// (optimal string alignment).</summary>
    public static int Distance(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        var (before, previous, current) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    current[j] = Math.Min(current[j], before[j - 2] + 1);
            }
            (before, previous, current) = (previous, current, before);
        }
        return previous[b.Length];
    }

    private static string Plain(string word) =>
        word.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
