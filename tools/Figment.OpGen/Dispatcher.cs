using System.Runtime.InteropServices;

namespace Figment.OpGen;

/// <summary>Asks libtorch's dispatcher for schemas, through the bridge.</summary>
internal static unsafe partial class Dispatcher
{
    [ThreadStatic] private static List<(string Overload, string Text, string Signature)>? found;

    public static Schema Schema(string wanted)
    {
        // A leading or trailing underscore belongs to the name; a dot separates the overload.
        var dot = wanted.IndexOf('.', StringComparison.Ordinal);
        var (name, overload) = dot < 0 ? (wanted, "") : (wanted[..dot], wanted[(dot + 1)..]);
        found = [];
        var id = name.Contains("::", StringComparison.Ordinal) ? name : "aten::" + name;
        if (ft_schemas(id, &Add) != 0) throw new InvalidOperationException(wanted);
        foreach (var (o, text, signature) in found)
            if (o == overload)
                return OpGen.Schema.Parse(text, signature);
        var others = string.Join(", ", found.Select(f => $"{name}.{f.Overload}"));
        throw new InvalidOperationException($"libtorch has no operator {wanted}"
            + (others == "" ? "" : $"; it has {others}"));
    }

    [UnmanagedCallersOnly]
    private static void Add(byte* overload, byte* schema, byte* signature) =>
        found!.Add((Marshal.PtrToStringUTF8((nint)overload)!, Marshal.PtrToStringUTF8((nint)schema)!,
            Marshal.PtrToStringUTF8((nint)signature)!));

    [LibraryImport("figment_torch", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ft_schemas(string name, delegate* unmanaged<byte*, byte*, byte*, void> each);
}

/// <summary>
/// Operators that draw from a global generator would make runs irreproducible, so they are not bound.
/// </summary>
internal static class Randomness
{
    private static readonly string[] Hidden =
        ["dropout", "alpha_dropout", "feature_dropout", "rand", "randn", "rand_like", "randn_like", "randint_like",
            "rrelu", "randperm", "randint", "normal"];

    public static string? Refuse(Schema s)
    {
        if (s.Arguments.Any(a => a.Plain == "Generator")) return null;
        return Hidden.Contains(s.Name.TrimEnd('_')) ? "draws from a global generator; bind an overload that takes one"
            : null;
    }
}
