namespace Figment.Nn;

/// <summary>Parameters that an optimiser treats alike.</summary>
/// <param name="Parameters">The parameters with their paths, which name their state in files.</param>
public sealed record ParameterGroup(IReadOnlyList<(string Path, Parameter Parameter)> Parameters)
{
    /// <summary>Multiplies the optimiser's learning rate; default 1.</summary>
    public double LearningRateFactor { get; init; } = 1;

    /// <summary>Multiplies the optimiser's weight decay; default 1. Biases and norms often take 0.</summary>
    public double WeightDecayFactor { get; init; } = 1;
}
