using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// Drives samplers that go step by step (pixel by pixel, token by token): every step runs without gradients in a scope
/// of its own, so that memory does not grow with the number of steps.
/// </summary>
public static class Decode
{
    /// <summary>Runs a step that writes its result in place, for i = 0, ..., n - 1.</summary>
    /// <param name="n">How many steps.</param>
    /// <param name="step">Takes the step's number; what it makes is released after it.</param>
    public static void Steps(long n, Action<long> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        NoGrad.Run(() =>
        {
            for (var i = 0L; i < n; i++)
                TensorScope.Run(StepOnce, (step, i));
        });

        static bool StepOnce((Action<long> Step, long Index) input)
        {
            input.Step(input.Index);
            return true;
        }
    }

    /// <summary>Collects one tensor a step, for i = 0, ..., n - 1.</summary>
    /// <param name="n">How many steps.</param>
    /// <param name="step">Takes the step's number and answers its tensor; everything else is released.</param>
    public static IReadOnlyList<Tensor> Steps(long n, Func<long, Tensor> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return NoGrad.Run(() =>
        {
            var results = new List<Tensor>();
            for (var i = 0L; i < n; i++)
                results.Add(TensorScope.Run(step, i));
            return results;
        });
    }

    /// <summary>Carries a state from step to step, for i = 0, ..., n - 1, and answers the last.</summary>
    /// <typeparam name="TState">A tensor, or a tuple, list or record of tensors.</typeparam>
    /// <param name="n">How many steps.</param>
    /// <param name="state">The first state; it is left to the caller.</param>
    /// <param name="step">
    /// Takes the step's number and the state, and answers the next state. Tensors of a state that are not part of the
    /// next are released.
    /// </param>
    public static TState Steps<TState>(long n, TState state, Func<long, TState, TState> step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return n == 0 ? state : NoGrad.Run(() => Range(0, n, state));

        // A scope closes over each half, so a state goes once the half that started from it is done: no more than
        // log2(n) states are held, and the state needs to tell nobody which of its tensors are new.
        TState Range(long from, long count, TState current) => count == 1
            ? TensorScope.Run(() => step(from, current))
            : TensorScope.Run(() => Range(from + (count / 2), count - (count / 2), Range(from, count / 2, current)));
    }
}
