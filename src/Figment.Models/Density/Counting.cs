using System.ComponentModel.DataAnnotations;
using Figment.Data;
using Figment.Nn;
using Figment.Torch;
using Figment.Training;
using Figment.Training.Options;

namespace Figment.Models.Density;

/// <summary>A model whose best parameters are counts or sums: one pass over the data fits it.</summary>
internal interface IFitsByCounting : IGivesDensity
{
    /// <summary>Adds examples to the counts.</summary>
    /// <param name="images">(B, C, H, W) in [0, 1].</param>
    /// <param name="classes">(B), Int64: zeros where the model knows no classes.</param>
    void Count(Tensor images, Tensor classes);

    /// <summary>Number of classes that the model was made for; 0 for none.</summary>
    int ClassCount { get; }
}

/// <summary>Fits a model of counts in closed form: no optimiser, no gradient. More passes than one only weaken the
/// smoothing.</summary>
internal sealed class CountingTask<T>(T model) : ITrainingTask
    where T : Module, IFitsByCounting
{
    public Module Module => model;

    public IReadOnlyList<Player> Players => [];

    public void Step(Batch batch, StepContext step) => NoGrad.Run(() =>
    {
        model.Count(batch.Images, ClassLabels.Of(batch, model.ClassCount));
        step.Log("loss", -model.PixelLogProbabilities(batch.Images).Sum([1, 2, 3]).Mean());
    });
}

/// <summary>What models of p(x|y) ask of labels.</summary>
internal static class ClassLabels
{
    /// <summary>The batch's labels, or zeros for a model without classes.</summary>
    /// <exception cref="InvalidOperationException">The data have no labels, or labels outside the model's
    /// classes.</exception>
    public static Tensor Of(Batch batch, int classes)
    {
        if (classes == 0) return Tensor.Zeros([batch.Images.Size(0)], DType.Int64);
        return Check(batch.Labels ?? throw new InvalidOperationException(
            "the model has classes but the data have no labels: set model.classes=0 or take labelled data"), classes);
    }

    /// <summary>Checks labels from outside.</summary>
    public static Tensor Check(Tensor labels, int classes)
    {
        if (classes == 0) throw new InvalidOperationException(
            "the model was made without classes: train it with model.classes=10 or more");
        if (labels.Count > 0 && (labels.Min().ToDouble() < 0 || labels.Max().ToDouble() >= classes))
            throw new InvalidOperationException(
                $"labels are 0 to {classes - 1}, these go up to {labels.Max().ToDouble()}: set model.classes");
        return labels;
    }
}
