using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;

namespace Figment.Training.Options;

/// <summary>What an option may hold, read once from the annotated records by reflection.</summary>
internal abstract record OptionType(Type Clr);

internal sealed record BoolType() : OptionType(typeof(bool));

internal sealed record IntegerType(Type Clr) : OptionType(Clr);

internal sealed record NumberType(Type Clr) : OptionType(Clr);

internal sealed record TextType() : OptionType(typeof(string));

internal sealed record ChoiceType(Type Clr, IReadOnlyDictionary<string, object> Values) : OptionType(Clr);

internal sealed record ListType(Type Clr, OptionType Element) : OptionType(Clr)
{
    /// <summary>An array or immutable array of the elements, as the property's type asks.</summary>
    public object Build(IReadOnlyList<object?> items)
    {
        var array = Array.CreateInstance(Element.Clr, items.Count);
        for (var i = 0; i < items.Count; i++)
            array.SetValue(items[i], i);
        if (!Clr.IsGenericType || Clr.GetGenericTypeDefinition() != typeof(ImmutableArray<>))
            return array;
        return typeof(ImmutableArray).GetMethods()
            .Single(m => m.Name == nameof(ImmutableArray.Create) && m.GetParameters() is [var only]
                && only.ParameterType.IsArray)
            .MakeGenericMethod(Element.Clr).Invoke(null, [array])!;
    }
}

internal sealed record VariantType(Type Clr, OptionFamily Family) : OptionType(Clr);

internal sealed record RecordType(Type Clr, IReadOnlyList<OptionProperty> Properties) : OptionType(Clr)
{
    /// <summary>A shallow copy that <see cref="OptionProperty.Set"/> may change before anyone else sees it.</summary>
    public object Copy(object value) => Clr.GetMethod("<Clone>$")!.Invoke(value, null)!;

    /// <summary>The record with every default, or null when it has no constructor without arguments.</summary>
    public object? Default()
    {
        var constructor = Clr.GetConstructors().FirstOrDefault(c => c.GetParameters().All(p => p.HasDefaultValue));
        return constructor?.Invoke([.. constructor.GetParameters().Select(DefaultOf)]);
    }

    // Reflection tells the default of a value-type parameter written `= default` as null.
    private static object? DefaultOf(ParameterInfo parameter) =>
        parameter.DefaultValue ?? (parameter.ParameterType.IsValueType
            ? Activator.CreateInstance(parameter.ParameterType) : null);
}

/// <summary>One key of a record.</summary>
internal sealed record OptionProperty(
    string Key, PropertyInfo Info, OptionType Type, bool Nullable, IReadOnlyList<ValidationAttribute> Rules)
{
    /// <summary>What it means, from <c>[Description]</c> or else from the summary in the source.</summary>
    public string? Description =>
        Info.GetCustomAttribute<DescriptionAttribute>()?.Description ?? SourceSummary.Of(Info);

    public object? Get(object record) => Info.GetValue(record);

    public void Set(object record, object? value) => Info.SetValue(record, value);
}

/// <summary>Reads <see cref="OptionType"/>s from records; the polymorphic ones through a registry.</summary>
internal sealed class OptionTypes(OptionRegistry registry)
{
    private readonly ConcurrentDictionary<Type, RecordType> records = new();

    /// <summary>The shape of a record type.</summary>
    public RecordType Record(Type type) => records.GetOrAdd(type, t => new RecordType(t, ReadProperties(t)));

    private OptionProperty[] ReadProperties(Type type)
    {
        var nullability = new NullabilityInfoContext();
        return [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(p => p.SetMethod is { IsPublic: true } && p.GetIndexParameters().Length == 0)
            .Where(p => p.GetCustomAttribute<BrowsableAttribute>() is not { Browsable: false })
            .OrderBy(p => Depth(p.DeclaringType!)).ThenBy(p => p.MetadataToken)
            .Select(p => ReadProperty(p, nullability))];
    }

    private OptionProperty ReadProperty(PropertyInfo info, NullabilityInfoContext nullability)
    {
        var bare = Nullable.GetUnderlyingType(info.PropertyType);
        var nullable = bare is not null || nullability.Create(info).ReadState == NullabilityState.Nullable;
        return new OptionProperty(
            OptionNames.Kebab(info.Name), info, Read(bare ?? info.PropertyType, info), nullable,
            [.. info.GetCustomAttributes<ValidationAttribute>()]);
    }

    private OptionType Read(Type type, PropertyInfo info)
    {
        if (registry.TryGet(type, out var family))
            return new VariantType(type, family);
        if (type == typeof(bool))
            return new BoolType();
        if (type == typeof(string))
            return new TextType();
        if (type == typeof(int) || type == typeof(long) || type == typeof(ulong))
            return new IntegerType(type);
        if (type == typeof(double) || type == typeof(float))
            return new NumberType(type);
        if (type.IsEnum)
            return new ChoiceType(type, Enum.GetNames(type)
                .ToDictionary(OptionNames.Kebab, name => Enum.Parse(type, name)));
        if (ElementOf(type) is { } element)
            return new ListType(type, Read(element, info));
        if (type.GetMethod("<Clone>$") is not null && !type.IsAbstract)
            return Record(type);
        throw new NotSupportedException(
            $"{info.DeclaringType!.Name}.{info.Name}: options cannot hold {type.Name}; register its cases if abstract");
    }

    private static Type? ElementOf(Type type)
    {
        if (type.IsArray)
            return type.GetElementType();
        if (!type.IsGenericType)
            return null;
        var open = type.GetGenericTypeDefinition();
        var list = open == typeof(IReadOnlyList<>) || open == typeof(ImmutableArray<>);
        return list ? type.GetGenericArguments()[0] : null;
    }

    private static int Depth(Type type) => type.BaseType is null ? 0 : 1 + Depth(type.BaseType);
}
