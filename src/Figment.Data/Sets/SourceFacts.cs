using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Figment.Data.Sets;

/// <summary>What can be computed about any source from its images alone.</summary>
internal static class SourceFacts
{
    internal static string Hash(IImageSource source)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(Encoding.UTF8.GetBytes(
            $"figment images 1\n{source.Count} {source.Shape}\n{string.Join('\n', source.ClassNames)}\n"));
        Span<byte> label = stackalloc byte[4];
        for (var i = 0; i < source.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(label, source.Label(i));
            sha.AppendData(label);
            sha.AppendData(source.Pixels(i));
        }

        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    internal static bool IsBinary(IImageSource source)
    {
        for (var i = 0; i < source.Count; i++)
        {
            if (source.Pixels(i).ContainsAnyExcept((byte)0, (byte)255))
                return false;
        }

        return source.Count > 0;
    }
}
