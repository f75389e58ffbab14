using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Figment.Torch;

namespace Figment.Nn;

/// <summary>
/// A part of a model. Its parameters, buffers and child modules are its fields and auto-properties: a source generator
/// finds them, in declaration order, base class first, so a module class is <c>partial</c> and registers nothing.
/// </summary>
/// <remarks>
/// Paths are member names in snake_case joined by dots; a list's members are numbered. A module owns its tensors:
/// <see cref="Dispose()"/> releases them all.
/// </remarks>
public abstract class Module : IDisposable
{
    private static readonly ConcurrentDictionary<Type, string?> Faults = new();

    /// <summary>Whether the module trains (dropout drops, batch norms use the batch); true at first.</summary>
    public bool IsTraining { get; private set; } = true;

    /// <summary>Every parameter of the tree, each once, in declaration order.</summary>
    public IReadOnlyList<Parameter> Parameters() => [.. ModuleVisitor.Walk(this).Parameters.Select(p => p.Parameter)];

    /// <summary>Every parameter of the tree with its path, each once, in declaration order.</summary>
    public IReadOnlyList<(string Path, Parameter Parameter)> NamedParameters() => ModuleVisitor.Walk(this).Parameters;

    /// <summary>Every buffer of the tree with its path, each once, in declaration order.</summary>
    public IReadOnlyList<(string Path, Buffer Buffer)> NamedBuffers() => ModuleVisitor.Walk(this).Buffers;

    /// <summary>This module (at the empty path) and every module within it, each once, parents first.</summary>
    public IReadOnlyList<(string Path, Module Module)> NamedModules() => ModuleVisitor.Walk(this).Modules;

    /// <summary>How many numbers the tree learns; tied parameters count once.</summary>
    public long ParameterCount => Parameters().Sum(parameter => parameter.Count);

    /// <summary>Puts the tree into training mode, or out of it.</summary>
    public void Train(bool training = true)
    {
        foreach (var (_, module) in NamedModules())
            module.IsTraining = training;
    }

    /// <summary>Puts the tree into evaluation mode.</summary>
    public void Eval() => Train(false);

    /// <summary>Stops the tree's parameters from learning: no gradient, no optimiser reaches them.</summary>
    public void Freeze() => Learn(false);

    /// <summary>Lets the tree's parameters learn again.</summary>
    public void Unfreeze() => Learn(true);

    /// <summary>Forgets the gradients of every parameter.</summary>
    public void ZeroGrad()
    {
        foreach (var parameter in Parameters())
            parameter.Grad = null;
    }

    /// <summary>Moves every tensor of the tree to a device; gradients are forgotten.</summary>
    public void To(Device device) => Convert(tensor => tensor.To(device));

    /// <summary>Converts every floating-point tensor of the tree; gradients are forgotten.</summary>
    /// <param name="dtype">A floating-point type.</param>
    public void To(DType dtype) =>
        Convert(tensor => tensor.DType.IsFloatingPoint() ? tensor.To(dtype) : tensor.Detach());

    /// <summary>
    /// Lays out every four-dimensional tensor of the tree as asked: with <see cref="MemoryFormat.ChannelsLast"/>
    /// convolutions on a CPU are faster. Values, names and saved files stay the same.
    /// </summary>
    public void To(MemoryFormat format) =>
        Convert(tensor => tensor.Rank == 4 ? tensor.Contiguous(format) : tensor.Detach());

    /// <summary>The tree's parameters and buffers by path: the tensors themselves, not copies.</summary>
    public StateDict StateDict()
    {
        var visitor = ModuleVisitor.Walk(this);
        return new StateDict(visitor.State, visitor.Aliases);
    }

    /// <summary>
    /// Copies values into the tree, strictly: every tensor of the tree must be given with its shape, and nothing else.
    /// On a fault nothing is changed.
    /// </summary>
    /// <param name="state">Tensors by path. Tied tensors may be given under any of their paths.</param>
    /// <exception cref="StateDictException">Names every missing, unexpected and unfit key at once.</exception>
    public void LoadStateDict(IReadOnlyDictionary<string, Tensor> state) => StateDict().Load(state);

    /// <summary>Releases every tensor of the tree.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases every tensor of the tree; a class with more to release overrides it.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        foreach (var (_, tensor) in ModuleVisitor.Walk(this).State)
        {
            if (tensor.IsReleased)
                continue; // by an earlier call, or with a module that holds it too
            (tensor as Parameter)?.Grad = null;
            tensor.Dispose();
        }
    }

    /// <summary>
    /// Tells the visitor of every parameter, buffer and child module declared by the class. The source generator
    /// writes it for partial classes; write it by hand where names follow from numbers.
    /// </summary>
    protected virtual void VisitMembers(ModuleVisitor visitor)
    {
        if (Faults.GetOrAdd(GetType(), Inspect) is { } fault)
            throw new InvalidOperationException(fault);
    }

    internal void Accept(ModuleVisitor visitor) => VisitMembers(visitor);

    private void Learn(bool learn)
    {
        foreach (var parameter in Parameters())
        {
            parameter.Grad = null;
            parameter.RequiresGrad = learn;
        }
    }

    private void Convert(Func<Tensor, Tensor> convert) => TensorScope.Run(() => NoGrad.Run(() =>
    {
        foreach (var (_, tensor) in ModuleVisitor.Walk(this).State)
        {
            if (tensor.IsReleased)
                continue; // by an earlier call, or with a module that holds it too
            (tensor as Parameter)?.Grad = null;
            tensor.SetData(convert(tensor));
        }
    }));

    /// <summary>What the generator could not see: a forgotten parameter would be neither trained nor saved.</summary>
    private static string? Inspect(Type type)
    {
        const BindingFlags declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly;
        for (var t = type; t != typeof(Module); t = t.BaseType!)
        {
            var described = t.GetMethod(nameof(VisitMembers), declared) is not null;
            foreach (var field in t.GetFields(declared).Where(field => Holds(field.FieldType)))
            {
                if (field.IsDefined(typeof(NotPartOfModuleAttribute)) || IsExcludedProperty(t, field))
                    continue;
                if (field.Name.EndsWith(">P", StringComparison.Ordinal))
                    return $"{t.Name} captures the constructor parameter {field.Name[1..^2]}, which would not be part "
                        + "of the module: assign it to a field.";
                if (!described && !field.Name.Contains('<', StringComparison.Ordinal) | IsAutoProperty(field))
                    return $"The members of {t.Name} are unknown: make it partial and let its project use the "
                        + "Figment.Nn.Generators analyser.";
            }
        }
        return null;
    }

    private static bool IsAutoProperty(FieldInfo field) =>
        field.Name.EndsWith(">k__BackingField", StringComparison.Ordinal)
        && field.IsDefined(typeof(CompilerGeneratedAttribute));

    private static bool IsExcludedProperty(Type type, FieldInfo field) => IsAutoProperty(field)
        && type.GetProperty(field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)],
                BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            ?.IsDefined(typeof(NotPartOfModuleAttribute)) == true;

    private static bool Holds(Type type) =>
        typeof(Module).IsAssignableFrom(type) || type == typeof(Parameter) || type == typeof(Buffer)
        || (type.IsArray && Holds(type.GetElementType()!))
        || (type.IsGenericType && type.Namespace == "System.Collections.Generic"
            && Holds(type.GetGenericArguments()[^1]));
}
