using System.Text.Json.Nodes;
using Figment.Training.Options;

namespace Figment.Training.Tests.Options;

public sealed class OptionWriteTests
{
    [Fact]
    public void Canonical_text_holds_every_option_in_order()
    {
        var options = new SampleOptions
        {
            Model = new FlatOptions { Hidden = [200, 100], Likelihood = Likelihood.FixedGaussian },
            Plan = new PlanOptions { Steps = 5, EmaDecay = 1e-5, Schedule = new StepScheduleOptions() },
            Note = "yes",
            Title = "a: \"b\"\n",
            Terms = [new TermOptions { Name = "kl" }, new TermOptions()],
        };
        Assert.Equal("""
            model:
              id: flat
              hidden: [200, 100]
              latent: 20
              likelihood: fixed-gaussian
            plan:
              steps: 5
              epochs: null
              batch: 128
              accumulate: 1
              precision: float32
              clip-norm: null
              clip-value: null
              synchronize-batch-norm: false
              schedule:
                kind: step
                warmup: 0
                every: 10000
                factor: 0.1
              ema-decay: 1.0e-05
              metric-interval: 100
              preview-interval: 1000
              evaluation-interval: 0
              checkpoint-interval: 1000
              keep-last: 2
              best-by: null
              goal: minimize
              patience: null
              minimum-improvement: 0.0
            seed: 42
            note: "yes"
            title: "a: \"b\"\n"
            fast: false
            scale: 0.5
            terms:
              - name: kl
                weight: 1.0
              - name: term
                weight: 1.0

            """, Sample.Format.Write(options));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" padded ")]
    [InlineData("null")]
    [InlineData("1e3")]
    [InlineData("a#b: c, [d] {e} 'f' \"g\" \\h")]
    [InlineData("tab\tnew\r\nline\u0085\u2028\u0001\ufeff")]
    [InlineData("größer 日本語 😀")]
    [InlineData("- x")]
    [InlineData("2026-11-21")]
    public void Any_text_survives(string text)
    {
        var written = Sample.Format.Write(new SampleOptions { Note = text });
        var read = Sample.Read(written);
        Assert.Equal(text, read.Note);
        Assert.Equal(written, Sample.Format.Write(read));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1e300)]
    [InlineData(5e-324)]
    [InlineData(123456789.123)]
    [InlineData(-0.0)]
    public void Any_number_survives(double number)
    {
        var options = new SampleOptions { Plan = new PlanOptions { Epochs = 1, MinimumImprovement = number } };
        var written = Sample.Format.Write(options);
        var line = written.Split('\n').Single(l => l.Contains("minimum-improvement", StringComparison.Ordinal));
        Assert.Equal(number, double.Parse(line.Split(':')[1]));
        Assert.Contains('.', line);
    }

    [Fact]
    public void Descriptions_stand_above_their_options_when_asked() => Assert.StartsWith(
        "# The network.\nmodel:\n  id: flat\n  # Units of each hidden layer.\n  hidden: [400]\n",
        Sample.Format.Write(new SampleOptions(), comments: true), StringComparison.Ordinal);

    [Fact]
    public void Comments_do_not_change_what_is_read()
    {
        var options = new SampleOptions { Title = "x" };
        Assert.Equal(Sample.Format.Write(options),
            Sample.Format.Write(Sample.Read(Sample.Format.Write(options, comments: true))));
    }

    [Fact]
    public void Schema_tells_types_ranges_defaults_and_descriptions()
    {
        var schema = Sample.Format.Schema("sample", new SampleOptions());
        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)schema["$schema"]);
        Assert.Equal("object", (string?)schema["type"]);
        Assert.False((bool)schema["additionalProperties"]!);
        var plan = schema["properties"]!["plan"]!["properties"]!;
        Equal("""
            {"type":"integer","minimum":1,"maximum":65536,"description":"Examples in one step.","default":128}
            """, plan["batch"]);
        Equal("""
            {"oneOf":[{"type":"number","minimum":0,"exclusiveMaximum":1},{"type":"null"}],
             "description":"Decay of the moving average of the weights, as in 0.999; null keeps none.","default":null}
            """, plan["ema-decay"]);
        Equal("""
            {"enum":["minimize","maximize"],"description":"Whether less or more of best-by is better.",
             "default":"minimize"}
            """, plan["goal"]);
        var model = schema["properties"]!["model"]!;
        Assert.Equal("The network.", (string?)model["description"]);
        Equal("""{"id":"flat"}""", model["default"]);
        Equal("""
            {"type":"object","properties":{"id":{"const":"flat"},
              "hidden":{"type":"array","items":{"type":"integer","minimum":1,"maximum":4096},"minItems":1,"maxItems":8,
                "description":"Units of each hidden layer.","default":[400]},
              "latent":{"type":"integer","minimum":1,"maximum":512,"default":20},
              "likelihood":{"enum":["bernoulli","fixed-gaussian"],"default":"bernoulli"}},
             "additionalProperties":false}
            """, model["oneOf"]![0]);
        Equal("""{"enum":[28,32,64],"type":"integer","default":28}""", model["oneOf"]![1]!["properties"]!["size"]);
        Assert.Null(schema["properties"]!["hidden"]);
        Assert.Null(schema["properties"]!["computed"]);
    }

    private static void Equal(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual?.ToJsonString());
}
