using Figment.Torch;

namespace Figment.Nn;

/// <summary>Walks a module's tree in declaration order and meets every parameter, buffer and module once.</summary>
/// <remarks>A tensor met again under another path is an alias of its first path (tied parameters).</remarks>
public sealed class ModuleVisitor
{
    private readonly Dictionary<object, string> met = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<Module> seen = [];
    private readonly HashSet<Module> around = [];
    private string path = "";

    internal List<(string Path, Parameter Parameter)> Parameters { get; } = [];

    internal List<(string Path, Buffer Buffer)> Buffers { get; } = [];

    /// <summary>Parameters and buffers, in the order PyTorch's state dict has them: module by module.</summary>
    internal List<(string Path, Tensor Tensor)> State { get; } = [];

    internal List<(string Path, Module Module)> Modules { get; } = [];

    internal List<(string Alias, string Path)> Aliases { get; } = [];

    internal static ModuleVisitor Walk(Module root)
    {
        var visitor = new ModuleVisitor();
        visitor.Enter("", root);
        return visitor;
    }

    /// <summary>Meets a parameter.</summary>
    public void Visit(string name, Parameter? parameter)
    {
        if (parameter is not null && Meet(name, parameter))
        {
            Parameters.Add((Join(name), parameter));
            State.Add((Join(name), parameter));
        }
    }

    /// <summary>Meets a buffer.</summary>
    public void Visit(string name, Buffer? buffer)
    {
        if (buffer is not null && Meet(name, buffer))
        {
            Buffers.Add((Join(name), buffer));
            State.Add((Join(name), buffer));
        }
    }

    /// <summary>Meets a child module and everything in it.</summary>
    public void Visit(string name, Module? child)
    {
        if (child is not null)
            Enter(Join(name), child);
    }

    /// <summary>Meets a module that stands at the visiting module's own path: the inner one of a wrapper.</summary>
    internal void VisitInPlace(Module inner) => Enter(path, inner);

    /// <summary>Meets the members of a list as <c>name.0</c>, <c>name.1</c> and so on.</summary>
    public void Visit(string name, IEnumerable<object?>? list)
    {
        if (list is null)
            return;
        var index = 0;
        foreach (var member in list)
            Visit($"{name}.{index++}", member);
    }

    /// <summary>Meets the values of a dictionary under their keys, in the dictionary's order.</summary>
    public void Visit<T>(string name, IReadOnlyDictionary<string, T>? dictionary) where T : class
    {
        foreach (var (key, member) in dictionary ?? new Dictionary<string, T>())
            Visit($"{name}.{key}", (object)member);
    }

    /// <summary>Meets whatever the object is: a parameter, a buffer, a module, or none of them.</summary>
    public void Visit(string name, object? member)
    {
        switch (member)
        {
            case Parameter parameter:
                Visit(name, parameter);
                break;
            case Buffer buffer:
                Visit(name, buffer);
                break;
            case Module module:
                Visit(name, module);
                break;
            case IReadOnlyDictionary<string, object> dictionary:
                Visit(name, dictionary);
                break;
            case IEnumerable<object?> list:
                Visit(name, list);
                break;
        }
    }

    private void Enter(string path, Module module)
    {
        if (!around.Add(module))
            throw new InvalidOperationException($"{module.GetType().Name} at \"{path}\" contains itself.");
        if (seen.Add(module))
            Modules.Add((path, module));
        var outer = this.path;
        this.path = path;
        module.Accept(this);
        around.Remove(module);
        this.path = outer;
    }

    private bool Meet(string name, object tensor)
    {
        if (met.TryAdd(tensor, Join(name)))
            return true;
        Aliases.Add((Join(name), met[tensor]));
        return false;
    }

    private string Join(string name) => path.Length == 0 ? name : $"{path}.{name}";
}
