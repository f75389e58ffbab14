using System.Runtime.InteropServices;

namespace Figment.Data.Native;

/// <summary>The functions of <c>native/media/media.cpp</c>, as they are.</summary>
internal static unsafe partial class MediaCalls
{
    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_error")]
    internal static partial IntPtr Error();

    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_version")]
    internal static partial IntPtr Version();

    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_decode")]
    internal static partial int Decode(byte* file, long length, int width, int height, int channels, byte* pixels);

    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_resize")]
    internal static partial int Resize(byte* source, int width, int height, int channels, byte* target, int newWidth,
        int newHeight, int method);

    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_encode")]
    internal static partial int Encode(byte* pixels, int width, int height, int channels, int format, int quality,
        out IntPtr handle, out byte* data, out long length);

    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_text", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Text(byte* pixels, int width, int height, int channels, string text, int x, int y,
        double scale, byte* colour, out int textWidth);

    [LibraryImport(MediaLibrary.Name, EntryPoint = "figment_media_release")]
    internal static partial void Release(IntPtr handle);

    internal static string LastError() => Marshal.PtrToStringUTF8(Error()) ?? "unknown native fault";
}
