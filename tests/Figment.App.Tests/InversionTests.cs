using Figment.Data.Images;
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

/// <summary>Latent tools of models that are told a class.</summary>
public class ClassWalkTests
{
    private static ModelSource Trained(Workspace space, string what, params string[] sets) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = what,
            Data = Pictured.Folder(space),
            Steps = 30,
            RunsFolder = space.Runs,
            Sets = ["plan.batch=16", "plan.preview-interval=0", "model.latent=3", .. sets],
        }, new Events()).Run,
        RunsFolder = space.Runs,
    };

    private static readonly string[] Small = ["model.classes=2", "model.noise-units=8", "model.label-units=8",
        "model.joint-units=16", "model.image-units=8", "model.class-units=4"];

    // One image of a grid of Pictured's, at scale 1.
    private static byte[] Cell(PictureResult picture, int row, int column) => Image.Read(picture.Path)
        .Crop(2 + (column * 18), 2 + (row * 18), Pictured.Side, Pictured.Side).Pixels.ToArray();

    [Fact]
    public void A_walk_goes_from_class_to_class_and_back_the_same_way()
    {
        using var space = new Workspace();
        var request = new InterpolateRequest
        {
            Source = Trained(space, "cgan", Small),
            Classes = ["0", "1"],
            Count = 3,
            Steps = 5,
            Scale = 1,
        };
        var there = Interpolate.Run(request with { Out = space.File("1.png") }, new Events());
        var round = Interpolate.Run(request with { Classes = ["1", "0", "1"], Out = space.File("2.png") }, new Events());
        var sphere = Interpolate.Run(request with { Way = CodeWay.Spherical, Out = space.File("3.png") }, new Events());
        Assert.Equal(27, round.Images);
        Assert.Equal("0 1", there.Settings["figment.classes"]);
        for (var row = 0; row < 3; row++)
        {
            Assert.NotEqual(Cell(there, row, 0), Cell(there, row, 4));
            for (var column = 0; column < 5; column++)
            {
                Assert.Equal(Cell(there, row, column), Cell(round, row, 4 - column));
                Assert.Equal(Cell(there, row, column), Cell(round, row, 4 + column));
                // What stays of the code stays on any way.
                Assert.All(Cell(there, row, column).Zip(Cell(sphere, row, column)),
                    pair => Assert.InRange(pair.First - pair.Second, -1, 1));
            }
        }
    }

    [Fact]
    public void A_class_can_be_held()
    {
        using var space = new Workspace();
        var source = Trained(space, "cgan", Small);
        var request = new InterpolateRequest { Source = source, Count = 2, Steps = 3, Scale = 1 };
        var zero = Interpolate.Run(request with { Class = "0", Out = space.File("1.png") }, new Events());
        var one = Interpolate.Run(request with { Class = "1", Out = space.File("2.png") }, new Events());
        Assert.NotEqual(Cell(zero, 0, 0), Cell(zero, 0, 2));
        Assert.NotEqual(Cell(zero, 0, 0), Cell(one, 0, 0));
        var rows = Traverse.Run(new TraverseRequest { Source = source, Class = "0", Steps = 3, Out = space.File("3.png") },
            new Events());
        Assert.Equal(9, rows.Images); // the three numbers of z, and none of the class
        Assert.DoesNotContain("3", rows.Settings["figment.dimensions"]);
        Assert.Equal("the prior's mean", rows.Settings["figment.begins"]);
    }

    [Fact]
    public void What_cannot_be_walked_is_said()
    {
        using var space = new Workspace();
        var source = Trained(space, "cgan", Small);
        string Refused(InterpolateRequest request) => Assert.Throws<FigmentException>(() =>
            Interpolate.Run(request with { Out = space.File("no.png") }, new Events())).Message;
        Assert.Contains("two or more", Refused(new() { Source = source, Classes = ["1"] }));
        Assert.Contains("no class '2'", Refused(new() { Source = source, Classes = ["0", "2"] }));
        Assert.Contains("different things", Refused(new() { Source = source, Classes = ["0", "1"], Class = "1" }));
        var plain = Trained(space, "gan", "model.generator=[8]", "model.discriminator=[8]");
        Assert.Contains("gan cannot hold a class", Refused(new() { Source = plain, Class = "1" }));
    }

    /// <summary>Without a search for the codes of many images: that would take minutes.</summary>
    [Fact]
    public void A_generator_is_traversed_by_what_changes_its_picture()
    {
        using var space = new Workspace();
        var source = Trained(space, "cgan", Small);
        var events = new Events();
        var rows = Traverse.Run(new TraverseRequest
        {
            Source = source,
            Class = "0",
            Rows = 2,
            Steps = 5,
            Out = space.File("t.png"),
        }, events);
        Assert.Equal(10, rows.Images);
        Assert.DoesNotContain(events.Told, e => e is Advanced { What: var what } && what.Contains("searching"));
        Assert.Contains(events.Told, e => e is Advanced { What: var what } && what.Contains("trying"));
        // From a deviation below the middle to one above, number by number.
        var ends = Traverse.Run(new TraverseRequest
        {
            Source = source,
            Class = "0",
            Dimensions = [0, 1, 2],
            Range = 1,
            Steps = 2,
            Scale = 1,
            Out = space.File("e.png"),
        }, events);
        var tells = Enumerable.Range(0, 3).OrderByDescending(row => Cell(ends, row, 0).Zip(Cell(ends, row, 1))
            .Sum(pair => Math.Pow(pair.First - pair.Second, 2)));
        Assert.Equal(string.Join(' ', tells.Take(2)), rows.Settings["figment.dimensions"]);
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
