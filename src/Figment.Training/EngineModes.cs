using Figment.Torch;
using Figment.Training.Options;

namespace Figment.Training;

/// <summary>How libtorch computes while a job is trained: to the same bits each time, TF32 only if the plan asks for
/// it. Disposing restores what was set before.</summary>
internal sealed class EngineModes : IDisposable
{
    private readonly (bool Deterministic, bool Tf32) before = (LibTorch.DeterministicAlgorithms, Cuda.AllowTf32);

    public EngineModes(Precision precision)
    {
        LibTorch.DeterministicAlgorithms = true;
        Cuda.AllowTf32 = precision == Precision.Tf32;
    }

    public void Dispose() => (LibTorch.DeterministicAlgorithms, Cuda.AllowTf32) = before;
}
