using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Figment.Torch;

/// <summary>
/// Finds the tensors that a value holds: itself, or the parts of a tuple, collection, record, struct or anonymous
/// object.
/// </summary>
internal static class TensorCarrier
{
    private static readonly ConcurrentDictionary<Type, bool> Possible = new();
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = new();

    /// <summary>Whether a value declared as <paramref name="type"/> may hold a tensor; false spares a search.</summary>
    public static bool MayHold(Type type)
    {
        if (Possible.TryGetValue(type, out var known)) return known;
        Possible[type] = true; // while a type that holds its own kind is looked at
        return Possible[type] = Look(type);
    }

    /// <summary>Calls <paramref name="found"/> for each tensor in <paramref name="value"/>.</summary>
    public static void Visit(object? value, Action<Tensor> found)
    {
        switch (value)
        {
            case null or string or Delegate:
                break;
            case Tensor t:
                found(t);
                break;
            case var _ when !MayHold(value.GetType()):
                break;
            case ITuple tuple:
                for (var i = 0; i < tuple.Length; i++) Visit(tuple[i], found);
                break;
            case IDictionary map:
                foreach (var item in map.Values) Visit(item, found);
                break;
            case IEnumerable many when IsCounted(value.GetType()):
                foreach (var item in many) Visit(item, found);
                break;
            case IEnumerable<Tensor>:
                throw new ArgumentException(
                    "A lazy sequence of tensors was returned from a TensorScope: make an array or a list of it.");
            default:
                foreach (var field in FieldsOf(value.GetType())) Visit(field.GetValue(value), found);
                break;
        }
    }

    private const BindingFlags AllOfItsOwn =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static bool Look(Type type)
    {
        if (typeof(Tensor).IsAssignableFrom(type) || type == typeof(object) || type.IsInterface) return true;
        if (type.IsPrimitive || type.IsEnum || type.IsPointer || type == typeof(string) || type == typeof(decimal))
            return false;
        if (type.HasElementType) return MayHold(type.GetElementType()!);
        if (typeof(IEnumerable).IsAssignableFrom(type))
            return Elements(type) is not { Count: > 0 } items || items.Any(MayHold);
        if (IsTransparent(type)) return FieldsOf(type).Any(f => MayHold(f.FieldType)) || !type.IsSealed;
        return !type.IsSealed; // a record may be declared as its base class
    }

    private static List<Type> Elements(Type type) =>
        [.. type.GetInterfaces().Append(type)
            .Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            .Select(i => i.GetGenericArguments()[0])];

    private static bool IsCounted(Type type) => typeof(ICollection).IsAssignableFrom(type)
        || type.GetInterfaces()
            .Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>));

    // A record's fields are all of its state; its computed properties would make tensors anew.
    private static FieldInfo[] FieldsOf(Type type) => Fields.GetOrAdd(type, static t =>
    {
        if (!IsTransparent(t)) return [];
        var fields = new List<FieldInfo>();
        for (var c = t; c is not null && c != typeof(object) && c != typeof(ValueType); c = c.BaseType)
            fields.AddRange(c.GetFields(AllOfItsOwn)
                .Where(f => !f.FieldType.IsPointer && !f.FieldType.IsByRefLike && MayHold(f.FieldType)));
        return [.. fields];
    });

    private static bool IsTransparent(Type t)
    {
        if (t.IsPrimitive || t.IsEnum) return false;
        if (t.IsValueType)
            return t.IsGenericType || t.Namespace?.StartsWith("System", StringComparison.Ordinal) != true;
        return t.GetMethod("<Clone>$") is not null
            || (t.Name.Contains("AnonymousType", StringComparison.Ordinal)
                && t.IsDefined(typeof(CompilerGeneratedAttribute), false));
    }
}

/// <summary>What is known of a result's type before there is a result.</summary>
internal static class TensorCarrier<T>
{
    public static readonly bool MayHold = TensorCarrier.MayHold(typeof(T));

    public static readonly bool IsTask = typeof(Task).IsAssignableFrom(typeof(T)) || typeof(T) == typeof(ValueTask)
        || (typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() is var g
            && (g == typeof(ValueTask<>) || g == typeof(IAsyncEnumerable<>)));
}
