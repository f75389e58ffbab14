using System.Text;

namespace Figment.Torch;

/// <summary>
/// One operator of libtorch's dispatcher, looked up at its first call. Safe to call from several threads.
/// </summary>
/// <param name="name">As it is called in C#, for messages.</param>
/// <param name="id">As the dispatcher knows it: <c>aten::matmul</c>.</param>
internal sealed unsafe class Operator(string name, string id, string overload, string signature)
{
    private nint handle;
    private bool missing;

    /// <summary><c>add.Tensor</c>, as operators.txt spells it; Figment's own keep their namespace.</summary>
    public string Id => (id.StartsWith("aten::", StringComparison.Ordinal) ? id["aten::".Length..] : id)
        + (overload == "" ? "" : "." + overload);

    public bool Exists
    {
        get
        {
            if (handle == 0 && !missing) missing = Native.ft_find(id, overload, signature, out handle) != 0;
            return handle != 0;
        }
    }

    /// <summary>Whether the operator was looked up, which its first call does.</summary>
    public bool WasCalled => handle != 0;

    private nint Handle => handle != 0 ? handle : Find();

    /// <summary>Looks the operator up again at its next call, for tests that watch for it.</summary>
    public void Forget() => handle = 0;

    private nint Find()
    {
        if (Native.ft_find(id, overload, signature, out var found) != 0)
            throw new TorchException(name, "", Native.Error);
        return handle = found;
    }

    public Tensor Call(Value* args, int n)
    {
        Value result;
        int count;
        if (Native.ft_call(Handle, args, n, &result, 1, &count) != 0) throw Fail(args, n);
        return result.Pointer != 0 && count == 1 ? Tensor.Adopt(result.Pointer, name) : throw NoTensor();
    }

    public void CallInPlace(Value* args, int n)
    {
        int count;
        if (Native.ft_call(Handle, args, n, null, 0, &count) != 0) throw Fail(args, n);
    }

    public bool CallBool(Value* args, int n)
    {
        Value result;
        int count;
        if (Native.ft_call(Handle, args, n, &result, 1, &count) != 0) throw Fail(args, n);
        return result.Integer != 0;
    }

    /// <summary>Results of unknown number: a tuple's or a list's. An undefined result is null.</summary>
    public Tensor[] CallMany(Value* args, int n)
    {
        const int room = 16;
        Value* few = stackalloc Value[room];
        int count;
        if (Native.ft_call(Handle, args, n, few, room, &count) != 0) throw Fail(args, n);
        var results = new Tensor[count];
        if (count <= room) return Adopt(few, results);
        fixed (Value* many = new Value[count])
        {
            Native.Check(Native.ft_pending(many, count), name);
            return Adopt(many, results);
        }
    }

    private Tensor[] Adopt(Value* values, Tensor[] results)
    {
        for (var i = 0; i < results.Length; i++)
        {
            if (values[i].Kind is not (Value.Tag.Tensor or Value.Tag.None)) throw NoTensor();
            results[i] = values[i].Pointer == 0 ? null! : Tensor.Adopt(values[i].Pointer, name);
        }

        return results;
    }

    private TorchException NoTensor() => new(name, "", "a result is not a tensor");

    private TorchException Fail(Value* args, int n)
    {
        var reason = Native.Error;
        var text = new StringBuilder();
        for (var i = 0; i < n; i++)
        {
            if (args[i].Kind == Value.Tag.Default) continue;
            if (text.Length > 0) text.Append(", ");
            text.Append(args[i]);
        }

        return new TorchException(name, text.ToString(), reason);
    }
}

/// <summary>What the running libtorch offers.</summary>
public static partial class Operators
{
    /// <summary>Every bound operator, as <c>name.overload</c>.</summary>
    public static IReadOnlyList<string> Names => Array.ConvertAll(Table, o => o.Id);

    /// <summary>
    /// Whether the running libtorch has the operator, e.g. <c>Has("scaled_dot_product_attention")</c>.
    /// </summary>
    /// <param name="name">As libtorch spells it, without namespace; Figment's own operators with theirs.</param>
    /// <param name="overload">E.g. <c>Tensor</c>; most operators have an unnamed one.</param>
    public static bool Has(string name, string overload = "") =>
        new Operator(name, name.Contains("::", StringComparison.Ordinal) ? name : "aten::" + name, overload, "").Exists;
}
