using System.Globalization;
using System.Text;
using Figment.Torch;

namespace Figment.Training.Distributed;

/// <summary>The ranks do not have the same job.</summary>
public sealed class RanksDifferException(string message) : Exception(message);

/// <summary>The processes that train one model together, as one of them sees them. Each takes its rows of every batch;
/// their gradients are summed. The first one alone writes.</summary>
public sealed class Ranks : IDisposable
{
    private readonly ProcessGroup? group;

    private Ranks(ProcessGroup? group) => this.group = group;

    /// <summary>One process that trains alone.</summary>
    public static Ranks Alone { get; } = new(null);

    /// <summary>This process's number, from 0.</summary>
    public int Rank => group?.Rank ?? 0;

    /// <summary>How many there are.</summary>
    public int Size => group?.Size ?? 1;

    /// <summary>Whether this one writes the run and speaks to people.</summary>
    public bool IsFirst => Rank == 0;

    /// <summary>Bytes of a bucket of gradients.</summary>
    public long BucketBytes { get; init; } = GradientReducer.DefaultBucketBytes;

    internal ProcessGroup? Group => group;

    /// <summary>Meets the other processes.</summary>
    /// <exception cref="TorchException">They could not meet; the message says why.</exception>
    public static Ranks Join(RankSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new(ProcessGroup.Join(settings.Address, settings.Port, settings.Rank, settings.Size, settings.Patience));
    }

    /// <summary>The ranks of a group, which they then own.</summary>
    public static Ranks Of(ProcessGroup group, long bucketBytes = GradientReducer.DefaultBucketBytes) =>
        new(group) { BucketBytes = bucketBytes };

    /// <summary>Leaves because of an error. The others' waits end with the reason.</summary>
    public void Abort(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        group?.Abort(error.Message);
    }

    /// <summary>Leaves in order; every rank must do so.</summary>
    public void Dispose() => group?.Dispose();

    /// <summary>What the first rank computes, told to all.</summary>
    public string FromFirst(Func<string> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        return group is null ? compute()
            : Encoding.UTF8.GetString(Send(IsFirst ? Encoding.UTF8.GetBytes(compute()) : []));
    }

    /// <summary>Numbers that the first rank measures, told to all.</summary>
    internal IReadOnlyDictionary<string, double> FromFirst(Func<IReadOnlyDictionary<string, double>> measure)
    {
        if (group is null)
            return measure();
        var text = FromFirst(() => string.Join('\n', measure().Select(m =>
            m.Value.ToString("R", CultureInfo.InvariantCulture) + " " + m.Key)));
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', 2))
            .ToDictionary(pair => pair[1], pair => double.Parse(pair[0], CultureInfo.InvariantCulture));
    }

    /// <summary>What the lowest rank that has something to say says; null when none has.</summary>
    internal string? AnySaid(string? own)
    {
        if (group is null)
            return own;
        var bytes = Encoding.UTF8.GetBytes(own ?? "");
        return TensorScope.Run(() =>
        {
            var lengths = group.AllGather(Tensor.From([(long)bytes.Length])).Select(t => t.Item<long>()).ToArray();
            for (var rank = 0; rank < Size; rank++)
                if (lengths[rank] > 0)
                    return Encoding.UTF8.GetString(Send(bytes, rank));
            return null;
        });
    }

    /// <summary>Sums float64 numbers over all ranks, in place.</summary>
    internal void Sum(Tensor numbers) => group?.AllReduce(numbers).Wait();

    /// <summary>Sends bytes from one rank to all.</summary>
    internal byte[] Send(byte[] bytes, int from = 0) => TensorScope.Run(() =>
    {
        var length = Tensor.From([(long)bytes.Length]);
        group!.Broadcast(length, from);
        var content = from == Rank ? bytes : new byte[length.Item<long>()];
        if (content.Length == 0)
            return content;
        var tensor = Tensor.From<byte>(content, content.Length);
        group.Broadcast(tensor, from);
        return tensor.ToArray<byte>();
    });
}
