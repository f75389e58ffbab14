using Figment.Torch;

namespace Figment.Training.Distributed;

/// <summary>Lets all ranks begin alike: with the same job, and with the first one's weights.</summary>
internal static class SameStart
{
    /// <summary>Refuses jobs that differ, then copies parameters and buffers from rank 0.</summary>
    /// <exception cref="RanksDifferException">Names the first difference and the rank that has it.</exception>
    public static void Make(TrainingJob job)
    {
        if (job.Ranks.Group is not { } group)
            return;
        var own = Describe(job).ToArray();
        var first = job.Ranks.FromFirst(() => string.Join('\n', own)).Split('\n');
        if (job.Ranks.AnySaid(Difference(job.Ranks.Rank, first, own)) is { } difference)
            throw new RanksDifferException(difference);
        TensorScope.Run(() => NoGrad.Run(() =>
        {
            foreach (var tensor in job.Task.Module.StateDict().Values)
                group.Broadcast(tensor);
        }));
    }

    private static string? Difference(int rank, string[] first, string[] own)
    {
        for (var i = 0; i < Math.Max(first.Length, own.Length); i++)
        {
            var (there, here) = (i < first.Length ? first[i] : "nothing more",
                i < own.Length ? own[i] : "nothing more");
            if (there != here)
                return $"the ranks do not have the same job: rank 0 has {there}, rank {rank} has {here}";
        }
        return null;
    }

    private static IEnumerable<string> Describe(TrainingJob job)
    {
        yield return $"the data {job.Data.Source.ContentHash} ({job.Data.Source.Count} examples)";
        yield return $"the seed {job.Seed}";
        yield return $"the plan {job.Plan}".ReplaceLineEndings(" ");
        yield return job.Evaluate is null ? "no evaluation" : "an evaluation";
        foreach (var player in job.Task.Players)
            yield return $"the player '{player.Name}' with {player.Optimizer.GetType().Name} of learning rate "
                + FormattableString.Invariant($"{player.Optimizer.LearningRate}");
        foreach (var (path, parameter) in job.Task.Module.NamedParameters())
            yield return $"the parameter '{path}' of {Form(parameter)}{(parameter.RequiresGrad ? "" : ", frozen")}";
        foreach (var (path, buffer) in job.Task.Module.NamedBuffers())
            yield return $"the buffer '{path}' of {Form(buffer)}";
    }

    private static string Form(Tensor tensor) => $"{tensor.DType} [{string.Join(", ", tensor.Shape.ToArray())}]";
}
