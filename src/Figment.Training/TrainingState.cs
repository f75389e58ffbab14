using System.Globalization;
using Figment.Nn;
using Figment.Nn.Serialization;
using Figment.Torch;
using Figment.Training.Checkpoints;
using Figment.Training.Runs;

namespace Figment.Training;

/// <summary>Everything a run needs to go on to the bit: weights, their average, optimisers, the task's memory, random
/// stream, sums of an unfinished metric interval, the data's cursor, and how much of the metrics and event files
/// belongs to it.</summary>
internal sealed class TrainingState : IDisposable
{
    private const string OptimizerFile = "optimizer.safetensors";
    private const string MemoryFile = "task.safetensors";
    private const string StateFile = "state.safetensors";
    private const string RngKey = "rng.step";
    private const string RngDeviceKey = "rng_device";

    private readonly TrainingJob job;

    public TrainingState(TrainingJob job)
    {
        this.job = job;
        Rng = new Rng(Rng.StreamSeed(job.Seed, "step"), job.Device);
        Meters = new Meters(job.Ranks);
        Ema = job.Plan.EmaDecay is { } decay ? new Ema(job.Task.Module, decay) : null;
    }

    public Rng Rng { get; }

    public Meters Meters { get; }

    public Ema? Ema { get; }

    public Progress Progress { get; set; } = new();

    /// <summary>Passes over the training set, with the fraction of the current one.</summary>
    public double Epoch => job.Data.Cursor.Epoch + ((double)job.Data.Cursor.Position / job.Data.Source.Count);

    /// <summary>The name of the first weight or optimiser slot that is not finite; null when all are.</summary>
    public string? FirstNotFinite() => Weights.FirstNotFinite(job.Task.Module.StateDict())
        ?? Weights.FirstNotFinite(OptimizerState());

    /// <summary>The run's record as of this moment.</summary>
    public RunRecord Describe(RunRecord record) => record with
    {
        Step = Progress.Step,
        Examples = Progress.Examples,
        Epoch = Epoch,
        BestStep = Progress.BestStep,
        BestValue = Progress.BestValue,
    };

    /// <summary>What a checkpoint of this moment says beside its tensors. Times, and the lengths of files that hold
    /// times, stand here alone: the tensor files of a resumed run are those of an unbroken one.</summary>
    public CheckpointManifest Head() => new()
    {
        Step = Progress.Step,
        Examples = Progress.Examples,
        Epoch = Epoch,
        Seconds = Progress.Seconds,
        MetricsBytes = job.Run?.Metrics.Offset ?? 0,
        EventsBytes = job.Run?.Events.Offset ?? 0,
    };

    /// <summary>The files of a checkpoint of this moment. They refer to tensors of the caller's scope.</summary>
    public IReadOnlyList<CheckpointFile> Files()
    {
        var format = new Dictionary<string, string> { ["format"] = "pt" };
        var files = new List<CheckpointFile> { Weights.File(Weights.ModelFile, job.Task.Module.StateDict(), format) };
        if (Ema is not null)
            files.Add(Weights.File(Weights.EmaFile, Ema.StateDict(), format));
        files.Add(Weights.File(OptimizerFile, OptimizerState()));
        if (job.Task.Memory is { } memory)
            files.Add(Weights.File(MemoryFile, memory.StateDict()));
        var rng = Rng.State;
        var meters = Meters.State();
        var tensors = new StateDict([(RngKey, Tensor.From<byte>(rng, rng.Length)),
            .. meters.Select(m => (m.Name, m.Sum))]);
        files.Add(Weights.File(StateFile, tensors, Text(meters)));
        return files;
    }

    /// <summary>Puts everything back as it was when the checkpoint was made.</summary>
    /// <exception cref="StateDictException">The checkpoint is of another model or optimiser.</exception>
    public void Restore(Checkpoint checkpoint) => TensorScope.Run(() =>
    {
        Weights.Load(job.Task.Module, checkpoint, averaged: false);
        if (Ema is not null)
            using (var file = Open(checkpoint, Weights.EmaFile))
                file.LoadInto(Ema.StateDict());
        using (var file = Open(checkpoint, OptimizerFile))
            LoadOptimizers(file.ReadAll());
        if (job.Task.Memory is { } memory)
            using (var file = Open(checkpoint, MemoryFile))
                file.LoadInto(memory.StateDict());
        using var state = Open(checkpoint, StateFile);
        var tensors = state.ReadAll();
        var text = state.Metadata;
        RestoreRng(tensors[RngKey].ToArray<byte>(), text.GetValueOrDefault(RngDeviceKey, "cpu"),
            checkpoint.Manifest.Step);
        Meters.Load(tensors, text);
        job.Data.Seek(new(Whole(text, "epoch"), Whole(text, "position")));
        job.Run?.Metrics.Truncate(checkpoint.Manifest.MetricsBytes);
        job.Run?.Events.Truncate(checkpoint.Manifest.EventsBytes);
        if (Ema is not null)
            Ema.Updates = Whole(text, "ema_updates");
        var best = text.ContainsKey("best_step");
        Progress = new Progress
        {
            Step = checkpoint.Manifest.Step,
            Examples = Whole(text, "examples"),
            Seconds = checkpoint.Manifest.Seconds,
            Stale = (int)Whole(text, "stale"),
            BestStep = best ? Whole(text, "best_step") : null,
            BestValue = best ? Real(text, "best_value") : null,
        };
    });

    public void Dispose()
    {
        Rng.Dispose();
        Meters.Dispose();
        Ema?.Dispose();
    }

    // A CPU and a GPU draw by different generators: after a change of device the stream goes on with numbers that
    // depend on the seed and the step alone.
    private void RestoreRng(byte[] saved, string savedOn, long step)
    {
        if (savedOn == KindOf(job.Device))
        {
            Rng.State = saved;
            return;
        }
        using var continued = new Rng(Rng.StreamSeed(job.Seed, $"step from {step}"), job.Device);
        Rng.State = continued.State;
    }

    private static string KindOf(Device device) => device.IsCuda ? "cuda" : "cpu";

    // Sorted: slots are made in the order of their first use, which is another after a resume.
    private StateDict OptimizerState() => new(job.Task.Players.SelectMany(player =>
        player.Optimizer.StateDict().OrderBy(slot => slot.Key, StringComparer.Ordinal)
            .Select(slot => ($"{player.Name}.{slot.Key}", slot.Value))));

    private void LoadOptimizers(StateDict state)
    {
        var foreign = state.Keys.Where(key => !job.Task.Players.Any(p => key.StartsWith(p.Name + ".",
            StringComparison.Ordinal))).ToList();
        if (foreign.Count > 0)
            throw new StateDictException([], foreign, []);
        foreach (var player in job.Task.Players)
        {
            var prefix = player.Name + ".";
            player.Optimizer.LoadStateDict(new StateDict(state
                .Where(slot => slot.Key.StartsWith(prefix, StringComparison.Ordinal))
                .Select(slot => (slot.Key[prefix.Length..], slot.Value))));
        }
    }

    private Dictionary<string, string> Text(IReadOnlyList<(string Name, Tensor Sum, long Count)> meters)
    {
        var text = new Dictionary<string, string>
        {
            ["examples"] = Text(Progress.Examples),
            ["epoch"] = Text(job.Data.Cursor.Epoch),
            ["position"] = Text(job.Data.Cursor.Position),
            ["stale"] = Text(Progress.Stale),
        };
        if (job.Device.IsCuda)
            text[RngDeviceKey] = KindOf(job.Device);
        if (Ema is not null)
            text["ema_updates"] = Text(Ema.Updates);
        if (Progress is { BestStep: { } step, BestValue: { } value })
            (text["best_step"], text["best_value"]) = (Text(step), value.ToString("R", CultureInfo.InvariantCulture));
        foreach (var (name, _, count) in meters)
            text[name] = Text(count);
        return text;
    }

    private static SafeTensorsFile Open(Checkpoint checkpoint, string name) =>
        new(checkpoint.Open(name), $"{checkpoint.Folder}/{name}");

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static long Whole(IReadOnlyDictionary<string, string> text, string key) =>
        text.TryGetValue(key, out var value)
        && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw new InvalidDataException($"the checkpoint's state does not tell '{key}'");

    private static double Real(IReadOnlyDictionary<string, string> text, string key) =>
        text.TryGetValue(key, out var value)
        && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : throw new InvalidDataException($"the checkpoint's state does not tell '{key}'");
}
