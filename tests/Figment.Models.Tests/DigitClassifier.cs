using System.Buffers.Binary;
using System.Text;
using Figment.Torch;
using Xunit;

namespace Figment.Models.Tests;

/// <summary>
/// The MNIST network of the ONNX model zoo (98.4 % on MNIST), read from its file with a protobuf reader of a few lines:
/// two convolutions, two poolings, one linear layer. An independent judge of generated digits.
/// </summary>
/// <remarks>
/// Its raw probabilities are saturated: it is 0.99 sure of uniform noise. <see cref="Calibrate"/> divides the logits by the
/// temperature that fits real digits best (Guo et al. 2017, https://arxiv.org/abs/1706.04599), which changes no decision.
/// </remarks>
internal sealed class DigitClassifier
{
    private readonly Dictionary<string, float[]> weights = [];

    private DigitClassifier(byte[] model)
    {
        foreach (var (field, graph) in Fields(model))
        {
            if (field != 7) continue;
            foreach (var (kind, item) in Fields(graph.ToArray()))
                if (kind == 5)
                    AddInitializer(item);
        }
    }

    /// <summary>Reads the classifier from the FIGMENT_DATA search path, or skips the test and says why.</summary>
    public static DigitClassifier Load()
    {
        var folders = (Environment.GetEnvironmentVariable("FIGMENT_DATA") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        var file = folders.Select(f => Path.Combine(f, "onnx-mnist", "opt-mnist.onnx")).FirstOrDefault(File.Exists);
        if (file is null) Assert.Skip("onnx-mnist/opt-mnist.onnx is in no folder of FIGMENT_DATA: set it to the research data");
        return new DigitClassifier(File.ReadAllBytes(file));
    }

    /// <summary>What logits are divided by; 1 until calibrated.</summary>
    public double Temperature { get; private set; } = 1;

    /// <summary>Chooses the temperature of the smallest mean negative log-likelihood on real digits.</summary>
    /// <param name="images">(B, 1, 28, 28) in [0, 1].</param>
    /// <param name="labels">(B)</param>
    /// <returns>The share of right answers, which the temperature does not change.</returns>
    public double Calibrate(Tensor images, Tensor labels) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var logits = Logits(images);
        Temperature = Enumerable.Range(0, 120).Select(i => Math.Pow(1.1, i)).MinBy(t => (logits / t).CrossEntropy(labels).ToDouble());
        return new { Share = logits.ArgMax(1).Eq(labels).To(DType.Float64).Mean().ToDouble() }.Share;
    }));

    /// <summary>Class probabilities.</summary>
    /// <param name="images">(B, 1, 28, 28) in [0, 1].</param>
    /// <returns>(B, 10)</returns>
    public Tensor Classify(Tensor images) => (Logits(images) / Temperature).Softmax(1);

    private Tensor Logits(Tensor images)
    {
        var x = images * 255;
        x = Ops.Conv2d(x, Weight("Parameter5", 8, 1, 5, 5), Weight("23", 8), padding: [2, 2]).Relu(); // (B, 8, 28, 28)
        x = x.MaxPool2d([2, 2]); // (B, 8, 14, 14)
        x = Ops.Conv2d(x, Weight("Parameter87", 16, 8, 5, 5), Weight("24", 16), padding: [2, 2]).Relu();
        x = x.MaxPool2d([3, 3]); // (B, 16, 4, 4)
        return x.Reshape(-1, 256).MatMul(Weight("Parameter193_reshape1", 256, 10)) + Weight("Parameter194", 1, 10);
    }

    /// <summary>Of each image: how sure the classifier is, and of which digit.</summary>
    public (float Confidence, long Digit)[] Judge(Tensor images) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        var (values, indices) = Classify(images).Max(1);
        return values.ToArray<float>().Zip(indices.ToArray<long>()).ToArray();
    }));

    private Tensor Weight(string name, params ReadOnlySpan<long> shape) => Tensor.From(weights[name], shape);

    // TensorProto: 4 packed floats or 9 raw bytes, 8 name.
    private void AddInitializer(ReadOnlyMemory<byte> tensor)
    {
        string? name = null;
        ReadOnlyMemory<byte> data = default;
        foreach (var (field, value) in Fields(tensor.ToArray()))
        {
            if (field == 8) name = Encoding.UTF8.GetString(value.Span);
            else if (field is 4 or 9) data = value;
        }

        var numbers = new float[data.Length / 4];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(data.Span[(4 * i)..]);
        weights[name!] = numbers;
    }

    private static IEnumerable<(int Field, ReadOnlyMemory<byte> Value)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var length = (key & 7) switch { 0 => 0, 1 => 8, 5 => 4, _ => (int)Varint(message, ref at) };
            if ((key & 7) == 0) _ = Varint(message, ref at);
            yield return ((int)(key >> 3), message.AsMemory(at, length));
            at += length;
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 127) << shift;
            if (next < 128) return value;
        }
    }
}
