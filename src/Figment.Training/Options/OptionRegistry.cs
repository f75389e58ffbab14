using System.Diagnostics.CodeAnalysis;

namespace Figment.Training.Options;

/// <summary>The closed list of choices for each polymorphic option: which record stands behind which id. A file can
/// only select from it; no type name is ever read from data.</summary>
public sealed class OptionRegistry
{
    private readonly Dictionary<Type, OptionFamily> families = [];

    /// <summary>Declares that options typed <typeparamref name="TBase"/> are one of <paramref name="cases"/>, told
    /// apart by the key <paramref name="key"/>.</summary>
    /// <param name="key">Key in the configuration that holds the id (<c>id</c>, <c>kind</c>).</param>
    /// <param name="cases">Id and default value of each case; ids and record types are both unique.</param>
    /// <exception cref="ArgumentException">An id or a record type occurs twice, or there is no case.</exception>
    public OptionRegistry Add<TBase>(string key, params ReadOnlySpan<(string Id, TBase Default)> cases)
        where TBase : class
    {
        if (cases.IsEmpty)
            throw new ArgumentException($"{typeof(TBase).Name} needs at least one case", nameof(cases));
        var byId = new Dictionary<string, object>(StringComparer.Ordinal);
        var byType = new Dictionary<Type, string>();
        foreach (var (id, value) in cases)
        {
            if (!byId.TryAdd(id, value))
                throw new ArgumentException($"{typeof(TBase).Name} has two cases with id '{id}'", nameof(cases));
            if (!byType.TryAdd(value.GetType(), id))
                throw new ArgumentException($"{value.GetType().Name} is registered twice", nameof(cases));
        }
        families.Add(typeof(TBase), new OptionFamily(typeof(TBase), key, byId, byType));
        return this;
    }

    internal bool TryGet(Type type, [NotNullWhen(true)] out OptionFamily? family) =>
        families.TryGetValue(type, out family);
}

/// <summary>The cases of one polymorphic option type.</summary>
internal sealed record OptionFamily(
    Type Base, string Key, IReadOnlyDictionary<string, object> Defaults, IReadOnlyDictionary<Type, string> Ids)
{
    /// <summary>Id of a value's case.</summary>
    /// <exception cref="InvalidOperationException">The value's type is not registered (a programming
    /// error).</exception>
    public string IdOf(object value) => Ids.TryGetValue(value.GetType(), out var id)
        ? id
        : throw new InvalidOperationException($"{value.GetType().Name} is not registered as a {Base.Name}");
}
