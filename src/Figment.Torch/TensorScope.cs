using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Figment.Torch;

/// <summary>
/// The lifetime of the tensors made within a call. Tensors found in the returned value (a tensor, tuple, list, dictionary or
/// record of them) move to the enclosing scope; all others are released in one native call, also when the call throws.
/// </summary>
/// <remarks>A scope is bound to its thread: it takes no function that returns a task.</remarks>
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

    public static T Run<T>(Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (typeof(Task).IsAssignableFrom(typeof(T)) || typeof(T) == typeof(ValueTask))
            throw new ArgumentException("A tensor scope is bound to its thread; run it inside the task, not around it.", nameof(body));
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
        Span<nint> handles = stackalloc nint[256];
        var n = 0;
        fixed (nint* p = handles)
        {
            foreach (var t in tensors)
            {
                if (!t.BelongsTo(this)) continue; // moved, owned or disposed
                p[n++] = t.Surrender();
                if (n < handles.Length) continue;
                Native.ft_release(p, n);
                n = 0;
            }

            if (n > 0) Native.ft_release(p, n);
        }

        tensors.Clear();
        spare!.Push(this);
    }

    private void Keep(object? result)
    {
        switch (result)
        {
            case null or string:
                break;
            case Tensor t:
                if (t.BelongsTo(this)) t.Enter(parent);
                break;
            case ITuple tuple:
                for (var i = 0; i < tuple.Length; i++) Keep(tuple[i]);
                break;
            case IDictionary map:
                foreach (var item in map.Values) Keep(item);
                break;
            case IEnumerable many when CanHoldTensors(result.GetType()):
                foreach (var item in many) Keep(item);
                break;
            default:
                foreach (var member in TensorMembers.Of(result.GetType())) Keep(member.GetValue(result));
                break;
        }
    }

    private static bool CanHoldTensors(Type sequence) =>
        !(sequence.IsArray && sequence.GetElementType()!.IsPrimitive);

    /// <summary>The properties of a record in which tensors may be found.</summary>
    private static class TensorMembers
    {
        private static readonly ConcurrentDictionary<Type, PropertyInfo[]> Known = new();

        public static PropertyInfo[] Of(Type type) =>
            type.IsPrimitive || type.IsEnum || type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true
                ? []
                : Known.GetOrAdd(type, static t => IsRecord(t) ? [.. t.GetProperties().Where(p => p.GetIndexParameters().Length == 0)] : []);

        private static bool IsRecord(Type t) =>
            t.GetMethod("<Clone>$") is not null
            || (t.IsValueType && t.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null);
    }
}

/// <summary>Runs a call without recording it for autograd.</summary>
public static class NoGrad
{
    public static T Run<T>(Func<T> body)
    {
        ArgumentNullException.ThrowIfNull(body);
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

    /// <summary>Whether recording is off on this thread.</summary>
    public static bool IsOn => Native.ft_grad_mode(-1) == 0;
}
