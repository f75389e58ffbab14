using Figment.Nn;
using Figment.Torch;

namespace Figment.Bench;

/// <summary>
/// nanoGPT's recipe for a CPU as a whole: random crops of a text, a learning rate that rises and falls, gradients clipped, every
/// loss read, and 20 batches of either split evaluated every 250 iterations. A step is a fortieth of it: 50 iterations and 8
/// batches of evaluation. The twin of bench/peers/nanogpt_run.py.
/// </summary>
internal static class NanoGptRun
{
    /// <summary>Steps in 2,000 iterations.</summary>
    public const int Steps = 40;

    private const int Iterations = 50, Evaluated = 8, Letters = 1_115_394;

    public static Side Run(string[] args) => Measure.Run(args, () =>
    {
        var options = CausalStep.NanoGpt;
        var rng = new Rng(1);
        var network = new CausalTransformer(options, rng);
        Scattered.Fill(network);
        var optimizer = new AdamW(network, 1e-3, new AdamOptions { Beta2 = 0.99, WeightDecay = 0.1 });
        var rate = Schedule.LinearWarmup(100, Schedule.Cosine(Steps * Iterations, floor: 0.1));
        // Of 65 letters a byte each is enough.
        var text = TensorScope.Run(() => Formula.Tokens([Letters], options.Vocabulary, 0).To(DType.UInt8)).Own();
        Tensor[] given = [.. Enumerable.Range(0, 10).Select(k =>
            Formula.Tokens([CausalStep.Batch, options.Context + 1], options.Vocabulary, k).Own())];
        var places = Tensor.Arange(options.Context + 1).Own();

        Tensor Crop() =>
            text[rng.Integers(0, Letters - options.Context, [CausalStep.Batch, 1]) + places].To(DType.Int64);

        Tensor Loss(Tensor crop) => TensorScope.Run(() =>
            network.Call(crop.Narrow(1, 0, options.Context)).Reshape(-1, options.Vocabulary)
                .CrossEntropy(crop.Narrow(1, 1, options.Context).Reshape(-1)));

        double Train(Tensor crop, long iteration)
        {
            optimizer.LearningRate = 1e-3 * rate(iteration);
            optimizer.ZeroGrad();
            var loss = Loss(crop);
            loss.Backward();
            GradientClip.ByNorm(optimizer.Parameters, 1);
            optimizer.Step();
            return loss.ToDouble();
        }

        void Part(int k)
        {
            NoGrad.Run(() =>
            {
                for (var i = 0; i < Evaluated; i++) TensorScope.Run(() => Loss(Crop()).ToDouble());
            });
            for (var i = 0; i < Iterations; i++) TensorScope.Run(() => Train(Crop(), (k % Steps * Iterations) + i));
        }

        return new Work(k => Train(given[k], k + 100), Part, [rng, network, optimizer, text, places, .. given]);
    });
}
