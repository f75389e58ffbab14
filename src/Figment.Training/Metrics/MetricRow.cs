using Figment.Torch;

namespace Figment.Training.Metrics;

/// <summary>One row of <c>metrics.jsonl</c>.</summary>
/// <param name="Kind">What was measured: <c>train</c> (means over an interval of steps) or an evaluation's
/// name.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Examples">Examples seen.</param>
/// <param name="Epoch">Passes over the training set, with the fraction of the current one.</param>
/// <param name="Values">The measurements by name. A resumed run repeats them to the bit.</param>
/// <param name="Machine">Times, rates and memory, which no two runs share.</param>
public sealed record MetricRow(
    string Kind, long Step, long Examples, double Epoch, IReadOnlyDictionary<string, double> Values,
    MachineUse Machine);

/// <summary>What a row cost.</summary>
/// <param name="Seconds">Time spent in training up to the row, over all the run's sessions.</param>
/// <param name="ExamplesPerSecond">Rate over the row's interval; 0 where there is none.</param>
/// <param name="LiveTensors">Native tensors alive; constant unless something leaks.</param>
/// <param name="ResidentBytes">Resident memory of the process.</param>
/// <param name="CudaPeak">The GPU's peak over the row's interval; null on a CPU, or where libtorch does not
/// tell.</param>
public readonly record struct MachineUse(
    double Seconds, double ExamplesPerSecond, long LiveTensors, long ResidentBytes, PeakMemory? CudaPeak = null);
