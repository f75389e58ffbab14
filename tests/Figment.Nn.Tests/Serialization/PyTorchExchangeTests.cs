using System.Diagnostics;
using System.Text.Json;
using Figment.Nn.Serialization;
using Figment.Nn.Tests.Golden;
using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Serialization;

/// <summary>Files go to PyTorch and back, strictly, and both sides compute the same from them.</summary>
public partial class PyTorchExchangeTests : EngineTest
{
    private const string Python = "/usr/bin/python3";

    [Fact]
    public void PyTorch_loads_our_file_strictly() => WithFolder(path => TensorScope.Run(() =>
    {
        using var rng = new Rng(5);
        using var twin = new Twin(rng);
        Init.Normal(twin.Stem.NamedBuffers()[0].Buffer, rng);
        twin.Eval();
        SafeTensors.Save(path, twin.StateDict(), new Dictionary<string, string> { ["format"] = "pt" });
        AssertSame(RunPython("check", path), twin);
    }));

    [Fact]
    public void We_load_PyTorchs_file_strictly() => WithFolder(path => TensorScope.Run(() =>
    {
        var expected = RunPython("write", path);
        using var rng = new Rng(6);
        using var twin = new Twin(rng);
        twin.Eval();
        using (var file = SafeTensorsFile.Open(path))
            file.LoadInto(twin.StateDict());
        AssertSame(expected, twin);
    }));

    private static void AssertSame(float[] expected, Twin twin)
    {
        var actual = NoGrad.Run(() => twin.Call(GoldenNumbers.Uniform(1, [2, 3, 8, 8]))).ToArray<float>();
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5f);
    }

    private static void WithFolder(Action<string> test)
    {
        if (!File.Exists(Python) || Start("-c", "import torch").Exit != 0)
            Assert.Skip($"{Python} has no PyTorch to exchange files with: apt install python3-torch");
        var folder = Directory.CreateTempSubdirectory("figment-exchange-");
        try
        {
            test(Path.Combine(folder.FullName, "twin.safetensors"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static float[] RunPython(string action, string path)
    {
        var (exit, output, errors) = Start(Path.Combine(GoldenFile.Folder, "exchange.py"), action, path);
        Assert.True(exit == 0, errors);
        return JsonSerializer.Deserialize<float[]>(output)!;
    }

    private static (int Exit, string Output, string Errors) Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    /// <summary>The twin of tests/golden/exchange.py.</summary>
    private sealed partial class Twin(Rng rng) : Layer
    {
        public Sequential Stem { get; } = new(new Conv2d(3, 4, 3, rng, padding: 1), new BatchNorm2d(4), new Relu());
        private readonly Layer[] blocks =
            [new Conv2d(4, 4, 1, rng, bias: false), new ConvTranspose2d(4, 4, 2, rng, stride: 2)];
        private readonly Embedding tokenEmbedding = new(5, 4, rng);
        private readonly Lstm rnn = new(4, 6, rng, new() { Layers = 2, Bidirectional = true });
        private readonly Linear head = new(12, 5, rng);

        protected override Tensor Forward(Tensor x)
        {
            x = Stem.Call(x);
            foreach (var block in blocks)
                x = block.Call(x);
            var sequence = x.Mean(3).Permute(2, 0, 1) + tokenEmbedding.Call(Tensor.Scalar(3, DType.Int64)); // (T, B, C)
            return head.Call(rnn.Call(sequence).Output[-1]);
        }
    }
}
