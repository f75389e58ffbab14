using Figment.Data;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Models.Latent;
using Figment.Nn;
using Figment.Torch;

// Trains a variational autoencoder on MNIST for one epoch and writes 64 digits that it invented.
var mnist = DataSets.Open(new DataOptions { Source = "mnist", Binarize = Binarization.Dynamic });
using var rng = new Rng(seed: 42);
using var vae = Vae.FullyConnected(new VaeOptions { Latent = 20, Hidden = [400] }, mnist.Shape, rng);
using var adam = new Adam(vae, learningRate: 1e-3);
using var loader = new DataLoader(mnist.Train, new LoaderOptions { BatchSize = 128, Seed = 42, Transform = mnist.Transform });

for (var step = 0; step < loader.BatchesPerEpoch; step++)
{
    var loss = TensorScope.Run(() => // whatever is made in here is released at the end
    {
        var x = loader.NextBatch().Images; // (B, 1, 28, 28)
        var negativeBound = -vae.LowerBound(x, rng).Mean();
        adam.ZeroGrad();
        negativeBound.Backward();
        adam.Step();
        return step % 100 == 0 ? negativeBound.ToDouble().ToString("F1") : null;
    });
    if (loss is not null) Console.WriteLine($"step {step}: {loss} nats");
}

var digits = NoGrad.Run(() => TensorScope.Run(() => vae.Sample(64, rng, mean: true).ToArray<float>()));
File.WriteAllBytes("digits.png", new ImageGrid { Columns = 8 }.Tile(digits, mnist.Shape).Encode(ImageFormat.Png));
