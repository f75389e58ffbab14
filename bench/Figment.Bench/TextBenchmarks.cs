using static Figment.Bench.BenchmarkKind;

namespace Figment.Bench;

/// <summary>Models of text and sequences, and drawing from them.</summary>
internal static class TextBenchmarks
{
    public static IReadOnlyList<Benchmark> Entries { get; } =
    [
        new("nade", "NADE, 784 pixels, 500 hidden units, batch 128", TrainingStep, NadeStep.Run, "nade.py")
        {
            Flops = NadeStep.Flops,
            Counting = "dot products with V and additions of W as if every pixel were 1",
        },
        new("lstm-lm", "LSTM language model, 650 units, batch 20, 35 steps, 10,000 words", TrainingStep, LstmStep.Run,
            "lstm_lm.py") { Flops = LstmStep.Flops },
        new("gpt", "GPT, 6 layers, 384 wide, 6 heads, context 256, batch 12", TrainingStep,
            args => CausalStep.Run(args, CausalStep.Gpt), "gpt.py")
        {
            Flops = CausalStep.Gpt.Flops(CausalStep.Batch),
            Counting = "attention halved by the causal mask",
        },
        new("nanogpt", "nanoGPT's CPU recipe, 4 layers, 128 wide, 4 heads, context 64, batch 12", TrainingStep,
            args => CausalStep.Run(args, CausalStep.NanoGpt), "nanogpt.py")
        {
            Flops = CausalStep.NanoGpt.Flops(CausalStep.Batch),
            Counting = "attention halved by the causal mask",
        },
        new("transformer", "Transformer encoder-decoder, 3 + 3 layers, 256 wide, batch 64, 24 + 24 tokens, 8,000 words",
            TrainingStep, TranslatorStep.Run, "transformer.py")
        {
            Flops = TranslatorStep.Flops,
            Counting = "the decoder's own attention halved by the causal mask",
        },
        new("nanogpt-run", "nanoGPT's CPU recipe, 2,000 iterations with evaluation: 40 times the median of 50", TrainingRun,
            NanoGptRun.Run, "nanogpt_run.py") { Unit = "s", Repeats = NanoGptRun.Steps },
        new("sample-gpt", "256 tokens from the GPT, one text; both sides keep keys and values", Sampling,
            args => CausalSampling.Run(args, texts: 1, compared: CausalSampling.Options.Context), "gpt_sampling.py cached"),
        new("sample-gpt-whole", "the same, against PyTorch that computes the whole text again for every token; three texts of 8 "
            + "tokens compared, then whole texts of 256 timed without warming up, one a round at least", Sampling,
            args => CausalSampling.Run(args, texts: 1, compared: 8), "gpt_sampling.py whole") { TakesMinutes = true },
        new("sample-gpt-batch", "256 tokens from the GPT, eight texts side by side; both sides keep keys and values", Sampling,
            args => CausalSampling.Run(args, texts: 8, compared: CausalSampling.Options.Context),
            "gpt_sampling.py cached-batch"),
        new("sample-gpt-batch-whole", "the same, against PyTorch that computes the whole texts again for every token; compared "
            + "and timed as `sample-gpt-whole`; with the reference BLAS it would take 25 minutes and is left out", Sampling,
            args => CausalSampling.Run(args, texts: 8, compared: 8), "gpt_sampling.py whole-batch")
        {
            TakesMinutes = true,
            Without = Peers.Untuned,
        },
        new("sample-nade", "128 images of 28x28 from the NADE", Sampling, ImageSampling.Nade, "nade_sampling.py"),
    ];
}
