namespace Figment.Nn;

/// <summary>Gives a module's member another name in paths and state dicts than its own in snake_case.</summary>
/// <param name="name">The name; it holds no dot.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class NameAttribute(string name) : Attribute
{
    /// <summary>The name in paths and state dicts.</summary>
    public string Name { get; } = name;
}

/// <summary>
/// Keeps a field or property out of the module's tree: it is neither trained, moved, saved nor disposed with it.
/// </summary>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class NotPartOfModuleAttribute : Attribute;
