using Figment.Training.Options;

namespace Figment.Training.Tests.Options;

public sealed class OptionReadTests
{
    [Fact]
    public void Values_given_replace_defaults_and_all_others_stay()
    {
        var options = Sample.Read("""
            model:
              hidden: [200, 200]
              likelihood: fixed-gaussian
            plan: { epochs: 3.5, batch: 64, schedule: { kind: cosine, floor: 0.01 } }
            seed: 18446744073709551615
            note: "a: b"
            fast: true
            scale: 1e-3
            """);
        var model = Assert.IsType<FlatOptions>(options.Model);
        Assert.Equal([200, 200], model.Hidden);
        Assert.Equal(20, model.Latent);
        Assert.Equal(Likelihood.FixedGaussian, model.Likelihood);
        Assert.Equal(3.5, options.Plan.Epochs);
        Assert.Equal(64, options.Plan.Batch);
        Assert.Equal(100, options.Plan.MetricInterval);
        Assert.Equal(new CosineScheduleOptions { Floor = 0.01 }, options.Plan.Schedule);
        Assert.Equal(ulong.MaxValue, options.Seed);
        Assert.Equal("a: b", options.Note);
        Assert.True(options.Fast);
        Assert.Equal(0.001f, options.Scale);
        Assert.Null(options.Title);
    }

    [Fact]
    public void Nothing_given_is_the_defaults()
    {
        var defaults = new SampleOptions();
        Assert.Same(defaults, Sample.Format.Read(defaults));
        Assert.Same(defaults, Sample.Format.Read(defaults, "# only a comment\n"));
    }

    [Fact]
    public void Json_is_read_too() =>
        Assert.Equal(9, Sample.Read("""{"plan": {"batch": 9}, "title": null, "terms": []}""").Plan.Batch);

    [Fact]
    public void A_variant_changes_by_id_and_takes_its_own_keys()
    {
        var options = Sample.Read("model: { size: 64, id: convolution }");
        Assert.Equal(new ConvolutionOptions { Size = 64 }, options.Model);
    }

    [Fact]
    public void The_same_id_keeps_values_of_the_preset()
    {
        var preset = new SampleOptions { Model = new FlatOptions { Latent = 2 } };
        var options = Sample.Format.Read(preset, "model: { id: flat, hidden: [10] }");
        Assert.Equal(2, Assert.IsType<FlatOptions>(options.Model).Latent);
    }

    [Fact]
    public void A_bare_word_selects_a_variant() =>
        Assert.IsType<StepScheduleOptions>(Sample.Read("plan: { schedule: step }").Plan.Schedule);

    [Fact]
    public void Sets_apply_in_order_over_the_document()
    {
        var options = Sample.Read("plan: { batch: 1 }\nseed: 1", "plan.batch=256", "plan.schedule=step",
            "plan.schedule.every=5e2", "title=A b", "model.hidden=[1, 2]", "plan.batch=512", "note=");
        Assert.Equal(512, options.Plan.Batch);
        Assert.Equal(new StepScheduleOptions { Every = 500 }, options.Plan.Schedule);
        Assert.Equal("A b", options.Title);
        Assert.Equal([1, 2], ((FlatOptions)options.Model).Hidden);
        Assert.Equal(1ul, options.Seed);
        Assert.Equal("", options.Note);
    }

    [Fact]
    public void Null_is_for_options_that_may_be_absent()
    {
        Assert.Null(Sample.Read("title: null").Title);
        Assert.Null(Sample.Read("plan: { epochs: ~, steps: 10 }").Plan.Epochs);
        Assert.Equal(["a.yaml:1:7: seed: needs a whole number, not null"], Sample.Faults("seed: null"));
    }

    [Fact]
    public void Lists_of_records_are_read()
    {
        var terms = Sample.Read("terms:\n  - name: kl\n    weight: 2\n  - { name: rec }").Terms;
        Assert.Equal([new TermOptions { Name = "kl", Weight = 2 }, new TermOptions { Name = "rec" }], terms);
    }

    [Fact]
    public void All_faults_are_told_together_with_place_and_nearest_word()
    {
        var faults = Sample.Faults("""
            model:
              hiden: [400]
              latent: 0
              likelihood: bernouli
            plan:
              batch: many
              schedule: cosin
              learning-rate: 1
            batch: 5
            fast: yes
            scale: .inf
            """, "sead=1", "plan.batch=0", "nonsense");
        Assert.Equal(
        [
            "a.yaml:2:3: model.hiden: unknown key; did you mean 'hidden'?",
            "a.yaml:4:15: model.likelihood: 'bernouli' is not one of bernoulli, fixed-gaussian; "
                + "did you mean 'bernoulli'?",
            "a.yaml:6:10: plan.batch: expected a whole number, found 'many'",
            "a.yaml:7:13: plan.schedule: 'cosin' is not one of constant, step, cosine, inverse-square-root; "
                + "did you mean 'cosine'?",
            "a.yaml:8:3: plan.learning-rate: unknown key",
            "a.yaml:9:1: batch: unknown key; did you mean 'plan.batch'?",
            "a.yaml:10:7: fast: expected true or false, found 'yes'",
            "a.yaml:11:8: scale: expected a number, found '.inf'",
            "--set sead: sead: unknown key; did you mean 'seed'?",
            "--set nonsense: expected key=value, as in plan.batch=256",
            "a.yaml:3:11: model.latent: 0 is outside 1 to 512",
        ], faults);
    }

    [Theory]
    [InlineData("plan: { batch: 65537 }", "a.yaml:1:16: plan.batch: 65537 is outside 1 to 65536")]
    [InlineData("plan: { ema-decay: 1 }",
        "a.yaml:1:20: plan.ema-decay: 1 is outside what is allowed (0, up to less than 1)")]
    [InlineData("model: { hidden: [5, 0] }", "a.yaml:1:22: model.hidden[1]: 0 is outside 1 to 4096")]
    [InlineData("model: { hidden: [] }", "a.yaml:1:18: model.hidden: needs 1 to 8 entries")]
    [InlineData("model: { id: convolution, size: 30 }", "a.yaml:1:33: model.size: 30 is not one of 28, 32, 64")]
    [InlineData("terms: [{ weight: 11 }]", "a.yaml:1:19: terms[0].weight: 11 is outside 0 to 10")]
    [InlineData("plan: { epochs: null }", "a.yaml:1:7: plan: needs steps or epochs, else training would not end")]
    [InlineData("plan: { patience: 3 }", "a.yaml:1:19: plan.patience: needs best-by, the metric to be patient about")]
    [InlineData("model: { id: flt }",
        "a.yaml:1:14: model.id: 'flt' is not one of flat, convolution; did you mean 'flat'?")]
    [InlineData("model: [1]", "a.yaml:1:8: model: expected keys with values")]
    [InlineData("plan: 5", "a.yaml:1:7: plan: expected keys with values")]
    [InlineData("seed: [1]", "a.yaml:1:7: seed: expected a whole number")]
    [InlineData("seed: -1", "a.yaml:1:7: seed: expected a whole number, found '-1'")]
    [InlineData("seed: \"1\"", "a.yaml:1:7: seed: expected a whole number, found '1'")]
    [InlineData("plan: { batch: 1.5 }", "a.yaml:1:16: plan.batch: expected a whole number, found '1.5'")]
    [InlineData("seed: 1\nseed: 2", "a.yaml:2:1: seed: given twice (first on line 1)")]
    [InlineData("hidden: x", "a.yaml:1:1: hidden: unknown key; did you mean 'model.hidden'?")]
    [InlineData("[1, 2]", "a.yaml:1:1: expected keys with values")]
    public void Each_fault_names_its_place(string yaml, string fault) => Assert.Equal([fault], Sample.Faults(yaml));

    [Fact]
    public void Options_made_in_code_are_checked_by_the_same_rules()
    {
        var options = new SampleOptions { Plan = new PlanOptions { Epochs = 1, Batch = 0 }, Scale = float.NaN };
        Assert.Equal(["plan.batch: 0 is outside 1 to 65536", "scale: is not a finite number"],
            Sample.Format.Check(options).Select(f => f.ToString()));
        Assert.Empty(Sample.Format.Check(new SampleOptions()));
    }

    [Fact]
    public void A_missing_file_and_bytes_that_are_no_text_are_faults()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        Assert.Throws<OptionsException>(() => Sample.Format.ReadFile(new SampleOptions(), path));
        File.WriteAllBytes(path, [0x61, 0xff, 0xfe]);
        var error = Assert.Throws<OptionsException>(() => Sample.Format.ReadFile(new SampleOptions(), path));
        Assert.Equal($"{path}: not UTF-8 text", error.Message);
        File.WriteAllText(path, "seed: 3");
        Assert.Equal(3ul, Sample.Format.ReadFile(new SampleOptions(), path, ["fast=true"]).Seed);
        File.Delete(path);
    }
}
