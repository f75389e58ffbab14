using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>A language model of one LSTM layer (the medium model of Zaremba et al. 2014, without dropout).</summary>
internal sealed partial class LstmNetwork(long vocabulary, long units, Rng rng) : Layer
{
    public Embedding Embedding { get; } = new(vocabulary, units, rng);

    public Lstm Lstm { get; } = new(units, units, rng);

    public Linear Output { get; } = new(units, vocabulary, rng);

    protected override Tensor Forward(Tensor ids) => Output.Call(Lstm.Call(Embedding.Call(ids)).Output);
}

/// <summary>A training step of the LSTM language model: the twin of bench/peers/lstm_lm.py.</summary>
internal static class LstmStep
{
    private const int Batch = 20, Steps = 35, Vocabulary = 10_000, Units = 650;

    /// <summary>The gates' two matrices and the output layer, at every token, times three for both gradients.</summary>
    public const double Flops = 3 * 2.0 * Batch * Steps * ((8.0 * Units * Units) + ((double)Units * Vocabulary));

    public static Side Run(string[] args) => Measure.Run(args, () =>
    {
        using var rng = new Rng(1);
        var network = new LstmNetwork(Vocabulary, Units, rng);
        Scattered.Fill(network);
        var optimizer = new Sgd(network, 1.0);
        Tensor[] texts =
            [.. Enumerable.Range(0, 10).Select(k => Formula.Tokens([Steps + 1, Batch], Vocabulary, k).Own())];

        Tensor Step(Tensor text)
        {
            optimizer.ZeroGrad();
            var loss = TensorScope.Run(() => network.Call(text.Narrow(0, 0, Steps)).Reshape(-1, Vocabulary)
                .CrossEntropy(text.Narrow(0, 1, Steps).Reshape(-1)));
            loss.Backward();
            GradientClip.ByNorm(network.Parameters(), 5);
            optimizer.Step();
            return loss;
        }

        return new Work(k => Step(texts[k % 10]).ToDouble(), k => Step(texts[k % 10]), [network, optimizer, .. texts]);
    });
}
