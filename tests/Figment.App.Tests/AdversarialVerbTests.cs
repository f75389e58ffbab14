using Xunit;

namespace Figment.App.Tests;

/// <summary>What adversarial networks can do in the verbs: truncated samples, and categories set beside
/// labels.</summary>
public class AdversarialVerbTests
{
    private static ModelSource Trained(Workspace workspace, string model, params string[] sets) => new()
    {
        Run = Train.Start(new TrainRequest
        {
            What = model,
            Data = Directory.Exists(workspace.File("pictures")) ? workspace.File("pictures") : Pictured.Grey(workspace),
            Steps = 3,
            RunsFolder = workspace.Runs,
            Name = model,
            Sets = ["plan.batch=16", "plan.preview-interval=0", "model.channels=4", "model.latent=5", .. sets],
        }, new Events()).Run,
        RunsFolder = workspace.Runs,
    };

    [Fact]
    public void Samples_of_truncated_noise_say_so_and_differ()
    {
        using var workspace = new Workspace();
        var request = new SampleRequest { Source = Trained(workspace, "acgan", "model.classes=2"), Count = 3 };
        byte[] Drawn(string file, double? truncation, string? label = null)
        {
            var result = Pictures.Sample(request with
            {
                Out = workspace.File(file),
                Truncation = truncation,
                Class = label,
            }, new Events());
            Assert.Equal(truncation is null ? null : "0.5", result.Settings.GetValueOrDefault("figment.truncation"));
            Assert.Equal(label == "all" ? 6 : 3, result.Images);
            return [.. File.ReadAllBytes(result.Path)];
        }

        var whole = Drawn("whole.png", null);
        Assert.NotEqual(whole, Drawn("cut.png", 0.5));
        Assert.NotEqual(Drawn("all.png", null, "all"), Drawn("all-cut.png", 0.5, "all"));
    }

    [Fact]
    public void What_cannot_be_truncated_is_refused()
    {
        using var workspace = new Workspace();
        void Refused(ModelSource source, double truncation, string because) => Assert.Contains(because,
            Assert.Throws<FigmentException>(() => Pictures.Sample(
                new SampleRequest { Source = source, Truncation = truncation }, new Events())).Message,
            StringComparison.Ordinal);
        var acgan = Trained(workspace, "acgan", "model.classes=2");
        Refused(acgan, 0, "more than 0");
        Refused(acgan, -1, "more than 0");
        Refused(Trained(workspace, "infogan", "model.categories=2"), 0.5, "cannot truncate its noise");
    }

    [Fact]
    public void Categories_are_set_beside_the_classes_of_the_labels()
    {
        using var workspace = new Workspace();
        var source = Trained(workspace, "infogan", "model.categories=2");
        var request = new EvaluateRequest { Source = source, Metric = "category-error", Split = "train" };
        var result = Evaluate.Run(request, new Events());
        Assert.Equal(("category-error", "%", 0), (result.Metric, result.Unit, result.Protocol.Draws));
        Assert.Contains("best one-to-one assignment of 2 categories", result.Text, StringComparison.Ordinal);
        // Of two categories the better assignment is wrong in half at most.
        Assert.InRange(result.Value, 0, 55);
        var (share, count) = (result.Value / 100, result.Protocol.Examples);
        Assert.Equal(100 * Math.Sqrt(share * (1 - share) / (count - 1)), result.StandardError, 1e-9);
        Assert.Equal(result.Value, Evaluate.Run(request with { Seed = 2 }, new Events()).Value);
    }

    [Fact]
    public void Models_without_categories_have_no_error_of_them()
    {
        using var workspace = new Workspace();
        var acgan = Trained(workspace, "acgan", "model.classes=2");
        void Refused(EvaluateRequest request, string because) => Assert.Contains(because,
            Assert.Throws<FigmentException>(() => Evaluate.Run(request, new Events())).Message,
            StringComparison.Ordinal);
        var request = new EvaluateRequest { Source = acgan, Metric = "category-error" };
        Refused(request, "cannot sort images");
        Refused(request with { Over = acgan }, "against, over and map");
    }
}
