using System.Text.RegularExpressions;
using Figment.Torch;
using Figment.Torch.Runtime;
using Figment.Training.Distributed;

namespace Figment.App;

/// <summary>Meets the other processes of a training, where a launcher has said that there are any.</summary>
internal static partial class Together
{
    /// <summary>Does work as one of the ranks. Only the first one reports progress.</summary>
    /// <exception cref="FigmentException">The ranks could not meet, or one is lost.</exception>
    public static T Run<T>(IProgress<WorkEvent> progress, Func<Ranks, IProgress<WorkEvent>, T> work)
    {
        if (RankSettings.FromEnvironment() is not { } settings) return work(Ranks.Alone, progress);
        NativeLoader.EnsureLoaded();
        using var ranks = Join(settings);
        try
        {
            return work(ranks, ranks.IsFirst ? progress : new Silence());
        }
        catch (Exception error)
        {
            ranks.Abort(error);
            if (error is not TorchException || RankFailure().Match(error.Message) is not { Success: true } lost) throw;
            throw new FigmentException(new Fault(lost.Value,
                "the run goes on from its last checkpoint with figment resume"), error);
        }
    }

    /// <summary>The GPU of this rank, where only the kind of device was named.</summary>
    public static string DeviceOf(string name) =>
        name == "cuda" && RankSettings.FromEnvironment() is { } settings ? $"cuda:{settings.LocalRank}" : name;

    private static Ranks Join(RankSettings settings)
    {
        try
        {
            return Ranks.Join(settings);
        }
        catch (TorchException error)
        {
            throw new FigmentException(new Fault(
                $"rank {settings.Rank} of {settings.Size} could not meet the others at "
                + $"{settings.Address}:{settings.Port}: " + error.Message.Split('\n')[0],
                "see that rank 0 runs there, that the port is free on its machine, and that all "
                + "ranks were given the same MASTER_ADDR, MASTER_PORT and WORLD_SIZE"), error);
        }
    }

    [GeneratedRegex(@"rank \d+ (is lost|failed):.*")]
    private static partial Regex RankFailure();

    private sealed class Silence : IProgress<WorkEvent>
    {
        public void Report(WorkEvent value)
        {
        }
    }
}
