using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Figment.Architecture.Tests;

/// <summary>A place in compiled code that mentions a member of another assembly.</summary>
/// <param name="From">The outermost type whose code it is, with its namespace.</param>
/// <param name="Type">The member's type, with its namespace.</param>
/// <param name="Member">The member's name.</param>
internal sealed record Usage(string From, string Type, string Member);

/// <summary>Reads the built assemblies without loading them.</summary>
internal static class Assemblies
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    public static string PathOf(string project) =>
        Path.Combine(AppContext.BaseDirectory, project == "Cli" ? "figment.dll" : $"Figment.{project}.dll");

    public static IReadOnlyList<string> References(string project) => Read(project, metadata =>
        metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToList());

    /// <summary>Names of the types written in an assembly, nested ones included, compiler-made ones not.</summary>
    public static IReadOnlyList<string> TypeNames(string project) => Read(project, metadata =>
        metadata.TypeDefinitions.Select(handle => metadata.GetString(metadata.GetTypeDefinition(handle).Name))
            .Where(name => !name.Contains('<', StringComparison.Ordinal)).ToList());

    /// <summary>Every mention of a foreign member in the assembly's method bodies.</summary>
    public static IReadOnlyList<Usage> Usages(string project)
    {
        using var file = new PEReader(File.OpenRead(PathOf(project)));
        var metadata = file.GetMetadataReader();
        var usages = new List<Usage>();
        foreach (var handle in metadata.MethodDefinitions)
        {
            var method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0) continue;
            var from = OutermostType(metadata, method.GetDeclaringType());
            var body = file.GetMethodBody(method.RelativeVirtualAddress).GetILReader();
            foreach (var token in Tokens(body))
                if (Resolve(metadata, token) is { } member)
                    usages.Add(new Usage(from, member.Type, member.Name));
        }

        return usages;
    }

    private static T Read<T>(string project, Func<MetadataReader, T> read)
    {
        using var file = new PEReader(File.OpenRead(PathOf(project)));
        return read(file.GetMetadataReader());
    }

    private static IEnumerable<EntityHandle> Tokens(BlobReader body)
    {
        var tokens = new List<EntityHandle>();
        while (body.RemainingBytes > 0)
        {
            var value = (short)body.ReadByte();
            if (value == 0xFE) value = unchecked((short)(0xFE00 | body.ReadByte()));
            var code = OpCodesByValue[value];
            switch (code.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    body.ReadByte();
                    break;
                case OperandType.InlineVar:
                    body.ReadInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    body.ReadInt64();
                    break;
                case OperandType.InlineSwitch:
                    var targets = body.ReadInt32(); // moves the offset that they are counted from
                    body.Offset += 4 * targets;
                    break;
                case OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok or OperandType.InlineType:
                    tokens.Add(MetadataTokens.EntityHandle(body.ReadInt32()));
                    break;
                default:
                    body.ReadInt32();
                    break;
            }
        }

        return tokens;
    }

    private static (string Type, string Name)? Resolve(MetadataReader metadata, EntityHandle token)
    {
        if (token.Kind == HandleKind.MethodSpecification)
            token = metadata.GetMethodSpecification((MethodSpecificationHandle)token).Method;
        if (token.Kind != HandleKind.MemberReference) return null;
        var member = metadata.GetMemberReference((MemberReferenceHandle)token);
        if (member.Parent.Kind != HandleKind.TypeReference) return null;
        var type = metadata.GetTypeReference((TypeReferenceHandle)member.Parent);
        return ($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}", metadata.GetString(member.Name));
    }

    private static string OutermostType(MetadataReader metadata, TypeDefinitionHandle handle)
    {
        var type = metadata.GetTypeDefinition(handle);
        while (!type.GetDeclaringType().IsNil) type = metadata.GetTypeDefinition(type.GetDeclaringType());
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }
}
