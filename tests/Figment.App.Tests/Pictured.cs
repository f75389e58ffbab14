using Figment.Data.Images;

namespace Figment.App.Tests;

/// <summary>A folder of small pictures of two kinds, so that a test needs no download.</summary>
internal static class Pictured
{
    public const int Side = 16;

    /// <summary>Writes bright squares and dark crosses at places that differ from picture to picture.</summary>
    public static string Folder(Workspace workspace, int each = 40)
    {
        var folder = workspace.File("pictures");
        for (var n = 0; n < each; n++)
        {
            Write(Path.Combine(folder, "squares"), n, (x, y) => x >= n % 8 && x < (n % 8) + 6 && y >= n % 5 && y < (n % 5) + 6);
            Write(Path.Combine(folder, "crosses"), n, (x, y) => x == 3 + (n % 9) || y == 4 + (n % 7));
        }

        return folder;
    }

    /// <summary>The same with squares of a grey that differs from picture to picture: data that are not
    /// binary.</summary>
    public static string Grey(Workspace workspace, int each = 40)
    {
        var folder = Folder(workspace, each);
        for (var n = 0; n < each; n++)
            Write(Path.Combine(folder, "squares"), n, (x, y) => x >= n % 8 && x < (n % 8) + 6 && y >= n % 5 && y < (n % 5) + 6, (byte)(100 + n));
        return folder;
    }

    /// <summary>Plain pictures, bright in one class and dark in the other: class means that look like their
    /// class.</summary>
    /// <param name="bright">The class that comes first, or last.</param>
    public static string Shades(Workspace workspace, string bright, int each = 40)
    {
        var folder = workspace.File($"shades-{bright}");
        for (var n = 0; n < each; n++)
        {
            Write(Path.Combine(folder, bright), n, (_, _) => true, (byte)(200 + n));
            Write(Path.Combine(folder, "m"), n, (_, _) => true, (byte)(20 + n));
        }

        return folder;
    }

    private static void Write(string folder, int number, Func<int, int, bool> isWhite, byte white = 255)
    {
        Directory.CreateDirectory(folder);
        var pixels = new byte[Side * Side];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = isWhite(i % Side, i / Side) ? white : (byte)0;
        File.WriteAllBytes(Path.Combine(folder, $"{number:000}.png"), new Image(Side, Side, 1, pixels).Encode(ImageFormat.Png));
    }
}
