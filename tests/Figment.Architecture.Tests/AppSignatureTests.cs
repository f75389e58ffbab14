using System.Reflection;
using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>App is the door of the house: records and event streams go through it, tensors stay inside.</summary>
public class AppSignatureTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] Inside = ["Figment.Torch", "Figment.Nn"];

    [Fact]
    public void No_public_signature_of_App_names_a_type_of_Torch_or_Nn()
    {
        var assembly = Assembly.LoadFrom(Assemblies.PathOf("App"));
        Findings.AssertNone(from type in assembly.GetExportedTypes()
                            from signature in SignaturesOf(type)
                            from used in Unfold(signature.Type)
                            where Inside.Contains(used.Assembly.GetName().Name)
                            select $"{type.FullName}.{signature.Member}: {used.FullName}");
    }

    [Fact]
    public void The_rule_sees_through_generics() =>
        Assert.Contains(typeof(Torch.Runtime.MachineFacts), Unfold(typeof(Task<IReadOnlyList<Torch.Runtime.MachineFacts[]>>)));

    private static IEnumerable<(string Member, Type Type)> SignaturesOf(Type type)
    {
        if (type.BaseType is { } parent) yield return ("base type", parent);
        foreach (var contract in type.GetInterfaces()) yield return ("interface", contract);
        foreach (var field in type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily))
            yield return (field.Name, field.FieldType);
        foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            if (!method.IsPublic && !method.IsFamily) continue;
            if (method is MethodInfo { ReturnType: var returned }) yield return (method.Name, returned);
            foreach (var parameter in method.GetParameters()) yield return (method.Name, parameter.ParameterType);
        }
    }

    private static IEnumerable<Type> Unfold(Type type)
    {
        if (type.HasElementType) return Unfold(type.GetElementType()!);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Unfold).Append(type.GetGenericTypeDefinition()) : [type];
    }
}
