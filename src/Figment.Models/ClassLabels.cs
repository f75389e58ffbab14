using Figment.Data;
using Figment.Torch;

namespace Figment.Models;

/// <summary>The classes of a batch, for models that are told them.</summary>
internal static class ClassLabels
{
    /// <summary>The batch's classes; null where the model has none.</summary>
    /// <param name="batch">What is learnt from.</param>
    /// <param name="classes">The model's option; 0 for none.</param>
    /// <exception cref="InvalidOperationException">The model asks for labels and the data have none.</exception>
    public static Tensor? LabelsFor(this Batch batch, int classes) => classes == 0 ? null
        : batch.Labels ?? throw new InvalidOperationException(
            "the option classes asks for labels, and these data have none: set classes to 0 or choose other data");
}
