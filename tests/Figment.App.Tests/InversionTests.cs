using Figment.Models;
using Figment.Nn;
using Figment.Torch;
using Xunit;

namespace Figment.App.Tests;

/// <summary>Latent tools of models that only decode: codes are found by search.</summary>
public class InversionTests
{
    [Fact]
    public void The_code_of_an_image_that_the_model_made_is_found() => TensorScope.Run(() =>
    {
        using var rng = new Rng(3);
        using var model = new Waves(rng);
        var z = rng.Normal([6, 2]);
        var images = NoGrad.Run(() => model.Decode(z));
        var codes = Inversion.Codes(model, model, images);
        Assert.Equal([6L, 2L], codes.Shape.ToArray());
        Assert.InRange(NoGrad.Run(() => (model.Decode(codes) - images).Abs().Max().ToDouble()), 0, 0.02);
        Assert.All(model.Parameters(), parameter => Assert.True(parameter.RequiresGrad)); // as they were
        Assert.Equal(codes.ToArray<float>(), Inversion.Codes(model, model, images).ToArray<float>());
    });

    [Fact]
    public void A_generator_reconstructs_interpolates_and_edits_and_says_what_it_cannot()
    {
        using var space = new Workspace();
        var run = Train.Start(new TrainRequest
        {
            What = "gan",
            Data = Pictured.Folder(space),
            Steps = 5,
            RunsFolder = space.Runs,
            Sets = ["plan.batch=16", "plan.preview-interval=0", "model.latent=3", "model.generator=[8]",
                "model.discriminator=[8]"],
        }, new Events());
        var source = new ModelSource { Run = run.Run, RunsFolder = space.Runs };
        foreach (var picture in (PictureResult[])[
            Pictures.Reconstruct(new ReconstructRequest { Source = source, Count = 3, Out = space.File("r.png") }, new Events()),
            Interpolate.Run(new InterpolateRequest { Source = source, Count = 2, Steps = 4, Out = space.File("i.png") }, new Events()),
            Arithmetic.Run(new ArithmeticRequest { Source = source, A = ["0"], B = ["1"], C = ["2"], Out = space.File("a.png") },
                new Events())])
            Assert.True(File.Exists(picture.Path));
        var refused = Assert.Throws<FigmentException>(() => Encode.Run(new EncodeRequest { Source = source, Out = space.File("z.npy") },
            new Events()));
        Assert.Contains("gan cannot encode images", refused.Message);
    }
}

/// <summary>A small smooth decoder.</summary>
internal sealed partial class Waves(Rng rng) : Module, IDecodesCodes
{
    private readonly Linear linear = new(2, 48, rng);

    public int LatentSize => 2;

    public double? PriorSigma => null;

    public Tensor Decode(Tensor z) => linear.Call(z).Sigmoid().View(-1, 3, 4, 4);
}
