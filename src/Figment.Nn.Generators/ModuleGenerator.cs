using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Text;
using System.Threading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Figment.Nn.Generators;

/// <summary>
/// Writes <c>VisitMembers</c> for every partial class derived from <c>Figment.Nn.Module</c>: its parameters, buffers
/// and child modules, found from its fields and auto-properties in declaration order. Nothing is registered by hand,
/// so nothing can be forgotten; reflection would promise no order.
/// </summary>
[Generator]
public sealed class ModuleGenerator : IIncrementalGenerator
{
    private const string Base = "Figment.Nn.Module";

    private static readonly DiagnosticDescriptor NotPartial = new(
        "FIG001", "A module must be partial",
        "'{0}' declares parameters, buffers or child modules, so it and the types around it must be partial",
        "Figment", DiagnosticSeverity.Error, isEnabledByDefault: true);

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var modules = context.SyntaxProvider.CreateSyntaxProvider(
            static (node, _) => node is ClassDeclarationSyntax { BaseList: not null },
            static (syntax, cancel) => Describe(syntax, cancel))
            .Where(static found => found is not null);
        context.RegisterSourceOutput(modules, static (output, found) =>
        {
            if (found!.Fault is { } name)
                output.ReportDiagnostic(Diagnostic.Create(NotPartial, found.Place!.ToLocation(), name));
            else
                output.AddSource(found.FileName!, found.Source!);
        });
    }

    private static Found? Describe(GeneratorSyntaxContext syntax, CancellationToken cancel)
    {
        var declaration = (ClassDeclarationSyntax)syntax.Node;
        if (syntax.SemanticModel.GetDeclaredSymbol(declaration, cancel) is not { } type || !IsModule(type.BaseType))
            return null;
        // A class in several parts is described once, by its first part with a base list.
        var first = type.DeclaringSyntaxReferences.Select(part => part.GetSyntax(cancel))
            .OfType<ClassDeclarationSyntax>().First(part => part.BaseList is not null);
        if (first != declaration || type.GetMembers("VisitMembers").Any())
            return null;
        var members = type.GetMembers().Select(Member).Where(member => member is not null).ToList();
        if (members.Count == 0)
            return null;
        for (var around = type; around is not null; around = around.ContainingType)
        {
            if (!around.DeclaringSyntaxReferences.Select(part => part.GetSyntax(cancel)).OfType<TypeDeclarationSyntax>()
                .All(part => part.Modifiers.Any(SyntaxKind.PartialKeyword)))
                return new Found(null, null, around.Name, new Place(declaration.Identifier.GetLocation()));
        }
        return new Found(FileName(type), Write(type, members!), null, null);
    }

    private static bool IsModule(INamedTypeSymbol? type)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.ToDisplayString() == Base)
                return true;
        }
        return false;
    }

    /// <summary>The call that reports one member, or null for a member that is no part of the module's tree.</summary>
    private static string? Member(ISymbol member)
    {
        if (member.IsStatic || member.GetAttributes().Any(a => a.AttributeClass?.Name == "NotPartOfModuleAttribute"))
            return null;
        var type = member switch
        {
            IFieldSymbol { IsImplicitlyDeclared: false } field => field.Type,
            IPropertySymbol { IsIndexer: false } property when IsAuto(property) => property.Type,
            _ => null,
        };
        if (type is null || !Holds(type))
            return null;
        var name = member.GetAttributes().FirstOrDefault(a => a.AttributeClass?.Name == "NameAttribute")
            ?.ConstructorArguments[0].Value as string ?? SnakeCase(member.Name);
        // What an interface holds is known at run time alone: a composed part may be a module or not.
        var cast = type.TypeKind == TypeKind.Interface && !IsSystem(type) ? "(object?)" : "";
        return $"visitor.Visit(\"{name}\", {cast}this.@{member.Name});";
    }

    private static bool IsAuto(IPropertySymbol property) => property.ContainingType.GetMembers()
        .OfType<IFieldSymbol>().Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    private static bool IsSystem(ITypeSymbol type) =>
        type.ContainingNamespace?.ToDisplayString() is { } name && (name == "System" || name.StartsWith("System."));

    /// <summary>
    /// Parameters, buffers, modules, the model's own interfaces, and lists, arrays or dictionaries of them.
    /// </summary>
    private static bool Holds(ITypeSymbol type)
    {
        if (type.TypeKind == TypeKind.Interface && !IsSystem(type))
            return true;
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.ToDisplayString(NotAnnotated) is Base or "Figment.Nn.Parameter" or "Figment.Nn.Buffer")
                return true;
        }
        return type switch
        {
            ITypeParameterSymbol parameter => parameter.ConstraintTypes.Any(Holds),
            IArrayTypeSymbol array => Holds(array.ElementType),
            INamedTypeSymbol { IsGenericType: true } named when named.SpecialType != SpecialType.System_Nullable_T =>
                named.OriginalDefinition.ToDisplayString(NotAnnotated) switch
                {
                    "System.Collections.Generic.List<T>" or "System.Collections.Generic.IReadOnlyList<T>"
                        or "System.Collections.Generic.IList<T>" => Holds(named.TypeArguments[0]),
                    "System.Collections.Generic.Dictionary<TKey, TValue>"
                        or "System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>" =>
                        named.TypeArguments[0].SpecialType == SpecialType.System_String
                        && Holds(named.TypeArguments[1]),
                    _ => false,
                },
            _ => false,
        };
    }

    private static readonly SymbolDisplayFormat NotAnnotated = SymbolDisplayFormat.CSharpErrorMessageFormat
        .WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.None);

    /// <summary><c>_runningMean</c> and <c>RunningMean</c> become <c>running_mean</c>; digits stay attached.</summary>
    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        name = name.TrimStart('_');
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = char.IsUpper(name[i]) && i > 0
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord && text[text.Length - 1] != '_')
                text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }

    private static string FileName(INamedTypeSymbol type) =>
        type.ToDisplayString(NotAnnotated).Replace('<', '{').Replace('>', '}') + ".Members.g.cs";

    private static string Write(INamedTypeSymbol type, List<string?> members)
    {
        var text = new StringBuilder("// <auto-generated/>\n#nullable enable\n");
        if (!type.ContainingNamespace.IsGlobalNamespace)
            text.Append($"namespace {type.ContainingNamespace.ToDisplayString()};\n");
        var around = new Stack<INamedTypeSymbol>();
        for (var t = type; t is not null; t = t.ContainingType)
            around.Push(t);
        foreach (var t in around)
        {
            var names = string.Join(", ", t.TypeParameters.Select(parameter => parameter.Name));
            var parameters = names.Length == 0 ? "" : $"<{names}>";
            text.Append($"partial {Keyword(t)} {t.Name}{parameters}\n{{\n");
        }
        text.Append("    protected override void VisitMembers(global::Figment.Nn.ModuleVisitor visitor)\n    {\n");
        text.Append("        base.VisitMembers(visitor);\n");
        foreach (var member in members)
            text.Append("        ").Append(member).Append('\n');
        text.Append("    }\n");
        foreach (var _ in around)
            text.Append("}\n");
        return text.ToString();
    }

    private static string Keyword(INamedTypeSymbol type) => (type.TypeKind, type.IsRecord) switch
    {
        (TypeKind.Struct, true) => "record struct",
        (TypeKind.Struct, false) => "struct",
        (TypeKind.Interface, _) => "interface",
        (_, true) => "record",
        _ => "class",
    };
}
