using System.Globalization;
using Figment.Nn;
using Figment.Nn.Serialization;
using Figment.Torch;

namespace Figment.App;

/// <summary>A way through a code along which one property changes; a file of the run's folder
/// <c>directions</c>.</summary>
/// <param name="Name">For example <c>smiling</c>.</param>
/// <param name="Step">From the mean code without the property to the mean code with it: an amount of 1.</param>
internal sealed record Direction(string Name, float[] Step)
{
    private const string Key = "direction";

    /// <summary>The file of a run's direction.</summary>
    public static string FileOf(TrainedModel trained, string name) =>
        Path.Combine(trained.Folder, "directions", $"{name}.safetensors");

    /// <summary>Reads a direction: one of the run's by name, or a file.</summary>
    /// <param name="word">The name or the file.</param>
    /// <param name="trained">The model.</param>
    /// <param name="size">J, the numbers of a code.</param>
    /// <exception cref="FigmentException">There is none, or it is for codes of another size.</exception>
    public static Direction Read(string word, TrainedModel trained, int size)
    {
        var isName = word.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') && !File.Exists(word);
        var path = isName ? FileOf(trained, word) : word;
        if (!File.Exists(path))
            throw new FigmentException($"{trained.Run.Id} has no direction '{word}'",
                $"learn one: figment learn-direction {trained.Run.Id} --label CLASS --name {(isName ? word : "NAME")}",
                isUsage: true);
        var step = TensorScope.Run(() =>
        {
            using var file = SafeTensorsFile.Open(path);
            return file.Contains(Key) ? file.Read(Key).To(DType.Float32).ToArray<float>() : [];
        });
        return step.Length == size && step.All(float.IsFinite)
            ? new Direction(Path.GetFileNameWithoutExtension(path), step)
            : throw new FigmentException($"{path} is no direction for codes of {size} numbers"
                + (step.Length == 0 ? $": it has no tensor '{Key}'" : $": it has {step.Length}"), isUsage: true);
    }

    /// <summary>Writes the direction with where it came from.</summary>
    public void Write(string path, IReadOnlyDictionary<string, string> metadata)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        TensorScope.Run(() => SafeTensors.Save(path,
            new StateDict([(Key, Tensor.From<float>(Step, Step.Length))]), metadata));
    }

    /// <summary>A code moved along the direction.</summary>
    public float[] Move(float[] code, double amount) =>
        [.. code.Zip(Step, (z, d) => (float)(z + (amount * d)))];

    /// <summary>A direction and an amount in words: <c>smiling</c> or <c>smiling:-1.5</c>.</summary>
    public static (string Name, double Amount) Parse(string word)
    {
        var at = word.LastIndexOf(':');
        return at > 0 && double.TryParse(word[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture,
            out var amount) && double.IsFinite(amount) ? (word[..at], amount) : (word, 1);
    }
}
