using Figment.Nn;

namespace Figment.Models;

/// <summary>What follows a hidden layer.</summary>
public enum Nonlinearity
{
    /// <summary>max(0, x)</summary>
    Relu,

    /// <summary>x where positive, 0.2 x elsewhere, as adversarial models have it.</summary>
    LeakyRelu,

    /// <summary>Hyperbolic tangent.</summary>
    Tanh,

    /// <summary>1 / (1 + exp(-x))</summary>
    Sigmoid,

    /// <summary>x sigmoid(x)</summary>
    Silu,
}

internal static class NonlinearityLayers
{
    public static Layer Layer(this Nonlinearity nonlinearity) => nonlinearity switch
    {
        Nonlinearity.Relu => new Relu(),
        Nonlinearity.LeakyRelu => new LeakyRelu(0.2),
        Nonlinearity.Tanh => new Tanh(),
        Nonlinearity.Sigmoid => new Sigmoid(),
        Nonlinearity.Silu => new Silu(),
        _ => throw new ArgumentOutOfRangeException(nameof(nonlinearity), nonlinearity, "unknown nonlinearity"),
    };
}
