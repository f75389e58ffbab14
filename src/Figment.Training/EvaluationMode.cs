using Figment.Nn;
using Figment.Torch;

namespace Figment.Training;

/// <summary>Looks at a model without touching its training.</summary>
internal static class EvaluationMode
{
    /// <summary>Runs a function in evaluation mode, with averaged weights where there are any, without gradients, in a
    /// scope of its own, and with random numbers that training never sees: the same ones at every call.</summary>
    public static T Run<T>(Module module, Ema? ema, ulong seed, string stream, Device device, Func<Rng, T> look)
    {
        using var rng = new Rng(Rng.StreamSeed(seed, stream), device);
        var modes = module.NamedModules().Select(m => (m.Module, m.Module.IsTraining)).ToList();
        module.Eval();
        try
        {
            return ema is null ? Look() : ema.Run(Look);
        }
        finally
        {
            // Parents come first, so each child ends in its own mode.
            foreach (var (part, training) in modes)
                part.Train(training);
        }

        T Look() => NoGrad.Run(() => TensorScope.Run(() => look(rng)));
    }
}
