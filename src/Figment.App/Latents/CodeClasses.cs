using System.Globalization;
using Figment.Models;
using Figment.Torch;

namespace Figment.App;

/// <summary>Classes as parts of codes: what stands in a code for each class, and where.</summary>
/// <param name="From">The first number of the class's part.</param>
/// <param name="Numbers">What stands there for each class.</param>
/// <param name="Run">The run's id, for errors.</param>
internal sealed record CodeClasses(int From, float[][] Numbers, string Run)
{
    /// <summary>Those of a model.</summary>
    /// <exception cref="FigmentException">It knows none.</exception>
    public static CodeClasses Of(TrainedModel trained)
    {
        var model = trained.As<IDecodesClasses>("hold a class or walk between classes",
            "models that are told a class can: acgan, biggan, cgan, infogan, sagan, sngan");
        if (model.Classes == 0) throw Pictures.WithoutClasses(trained);
        var numbers = TensorScope.Run(() => NoGrad.Run(() =>
            model.ClassCodes(Tensor.Arange(model.Classes, device: trained.Device)).ToArray<float>()));
        var (from, length) = model.ClassPart.GetOffsetAndLength(model.LatentSize);
        return new CodeClasses(from, [.. numbers.Chunk(length)], trained.Run.Id);
    }

    /// <summary>The number of a class that a word names.</summary>
    /// <exception cref="FigmentException">There is none.</exception>
    public int Parse(string word) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var label) && label < Numbers.Length
            ? label
            : throw new FigmentException($"{Run} has no class '{word}'", $"choose from 0 to {Numbers.Length - 1}",
                isUsage: true);

    /// <summary>The same code of another class.</summary>
    public float[] With(float[] code, int label) => Put(code, Numbers[label]);

    /// <summary>A code between two others: the class part on the straight line, the rest as asked for.</summary>
    public float[] Between(float[] from, float[] to, double t, CodeWay way)
    {
        float[] Rest(float[] code) => Put(code, new float[Numbers[0].Length]);
        float[] Part(float[] code) => code[From..(From + Numbers[0].Length)];
        return Put(Interpolate.Between(Rest(from), Rest(to), t, way),
            Interpolate.Between(Part(from), Part(to), t, CodeWay.Linear));
    }

    /// <summary>Whether a number of the code belongs to the class.</summary>
    public bool Holds(int dimension) => dimension >= From && dimension < From + Numbers[0].Length;

    private float[] Put(float[] code, float[] part)
    {
        var changed = (float[])code.Clone();
        part.CopyTo(changed, From);
        return changed;
    }
}
