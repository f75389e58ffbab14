using Figment.Nn;
using Figment.Nn.Serialization;
using Figment.Torch;

namespace Figment.Training.Checkpoints;

/// <summary>A checkpoint's weights, apart from the run that made them.</summary>
public static class Weights
{
    /// <summary>Name of the file with the module's weights.</summary>
    public const string ModelFile = "model.safetensors";

    /// <summary>Name of the file with the weights' moving average, when the run keeps one.</summary>
    public const string EmaFile = "ema.safetensors";

    /// <summary>Copies a checkpoint's weights into a module, strictly: for sampling, for evaluation, and to begin
    /// another run from them (fine-tuning).</summary>
    /// <param name="averaged">Take the moving average where the checkpoint has one.</param>
    /// <exception cref="StateDictException">Names every missing, unexpected and mis-shaped key.</exception>
    /// <exception cref="SafeTensorsException">The file is damaged.</exception>
    public static void Load(Module module, Checkpoint checkpoint, bool averaged = true)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(checkpoint);
        var name = averaged && checkpoint.Has(EmaFile) ? EmaFile : ModelFile;
        using var file = new SafeTensorsFile(checkpoint.Open(name), $"{checkpoint.Folder}/{name}");
        file.LoadInto(module.StateDict());
    }

    /// <summary>A file of a checkpoint that holds tensors.</summary>
    internal static CheckpointFile File(string name, StateDict state, IReadOnlyDictionary<string, string>? text = null)
    {
        // The header takes some hundred bytes a tensor.
        var bytes = state.Values.Sum(t => (t.Count * t.DType.Size()) + 512)
            + (text?.Sum(t => t.Key.Length + t.Value.Length + 16) ?? 0) + 4096;
        return new CheckpointFile(name, bytes, stream => SafeTensors.Write(stream, state, text));
    }

    /// <summary>The name of the first tensor that holds a number that is not finite; null when all are.</summary>
    internal static string? FirstNotFinite(IEnumerable<KeyValuePair<string, Tensor>> tensors) => NoGrad.Run(() =>
        tensors.FirstOrDefault(t => t.Value.DType.IsFloatingPoint()
            && !TensorScope.Run(() => t.Value.IsFinite().All().Item<bool>())).Key);
}
