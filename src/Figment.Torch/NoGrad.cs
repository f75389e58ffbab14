namespace Figment.Torch;

/// <summary>Runs a call without recording it for autograd. The mode is the thread's own.</summary>
public static class NoGrad
{
    /// <summary>
    /// Runs <paramref name="body"/> unrecorded and returns its result; the mode before is restored, also when it
    /// throws.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The function returns a task, which would go on after the mode is restored.
    /// </exception>
    public static T Run<T>(Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        TensorScope.RefuseTasks<T>();
        var before = Native.ft_grad_mode(0);
        try
        {
            return body();
        }
        finally
        {
            _ = Native.ft_grad_mode(before);
        }
    }

    /// <summary>Runs <paramref name="body"/> unrecorded; the mode before is restored, also when it throws.</summary>
    public static void Run(Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var before = Native.ft_grad_mode(0);
        try
        {
            body();
        }
        finally
        {
            _ = Native.ft_grad_mode(before);
        }
    }

    /// <summary>Runs <paramref name="body"/> recorded, also inside <see cref="Run{T}"/>, and returns its result: for a
    /// slope that is itself what is wanted.</summary>
    public static T Off<T>(Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        TensorScope.RefuseTasks<T>();
        var before = Native.ft_grad_mode(1);
        try
        {
            return body();
        }
        finally
        {
            _ = Native.ft_grad_mode(before);
        }
    }

    /// <summary>Whether recording is off on this thread.</summary>
    public static bool IsOn => Native.ft_grad_mode(-1) == 0;
}
