namespace Figment.Torch;

/// <summary>
/// The lifetime of the tensors made within a call. Tensors found in the returned value (a tensor, tuple, list,
/// dictionary, record or struct of them, nested as deep as one likes) move to the enclosing scope; all others are
/// released in one native call, also when the call throws.
/// </summary>
/// <remarks>
/// A scope is bound to its thread: it takes no function that returns a task, and tensors made on other threads
/// meanwhile are not its own. A lazy sequence of tensors is refused, because it would be evaluated when the scope has
/// gone.
/// </remarks>
public sealed unsafe class TensorScope
{
    [ThreadStatic] private static TensorScope? current;
    [ThreadStatic] private static Stack<TensorScope>? spare;

    private readonly List<Tensor> tensors = [];
    private TensorScope? parent;

    private TensorScope() { }

    internal static TensorScope? Current => current;

    /// <summary>Whether a scope is open on this thread.</summary>
    public static bool IsOpen => current is not null;

    /// <summary>Runs <paramref name="body"/> in a scope of its own; the tensors in its result live on.</summary>
    /// <exception cref="ArgumentException">The function returns a task or a lazy sequence of tensors.</exception>
    public static T Run<T>(Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        RefuseTasks<T>();
        var scope = Open();
        try
        {
            var result = body();
            scope.Keep(result);
            return result;
        }
        finally
        {
            scope.Close();
        }
    }

    /// <summary>Runs <paramref name="body"/> in a scope of its own; none of its tensors lives on.</summary>
    public static void Run(Action body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var scope = Open();
        try
        {
            body();
        }
        finally
        {
            scope.Close();
        }
    }

    /// <summary>As <see cref="Run{T}(Func{T})"/>, for a function of one argument: no closure is made.</summary>
    public static TOut Run<TIn, TOut>(Func<TIn, TOut> body, TIn input)
    {
        ArgumentNullException.ThrowIfNull(body);
        RefuseTasks<TOut>();
        var scope = Open();
        try
        {
            var result = body(input);
            scope.Keep(result);
            return result;
        }
        finally
        {
            scope.Close();
        }
    }

    internal static void RefuseTasks<T>()
    {
        if (TensorCarrier<T>.IsTask)
            throw new ArgumentException(
                "The mode and scope of a call are bound to its thread: run it inside the task, not around it.");
    }

    internal void Add(Tensor t) => tensors.Add(t);

    private static TensorScope Open()
    {
        spare ??= new Stack<TensorScope>();
        var scope = spare.Count > 0 ? spare.Pop() : new TensorScope();
        scope.parent = current;
        current = scope;
        return scope;
    }

    private void Close()
    {
        current = parent;
        parent = null;
        const int batch = 128;
        var handles = stackalloc nint[batch];
        var n = 0;
        foreach (var t in tensors)
        {
            if (!t.BelongsTo(this)) continue; // moved, owned or disposed
            handles[n++] = t.Surrender();
            if (n < batch) continue;
            Native.ft_release(handles, n);
            n = 0;
        }

        if (n > 0) Native.ft_release(handles, n);
        tensors.Clear();
        spare!.Push(this);
    }

    private void Keep<T>(T result)
    {
        if (result is Tensor t) Keep(t);
        else if (TensorCarrier<T>.MayHold) TensorCarrier.Visit(result, Keep);
    }

    private void Keep(Tensor t)
    {
        if (t.BelongsTo(this)) t.Enter(parent);
    }
}
