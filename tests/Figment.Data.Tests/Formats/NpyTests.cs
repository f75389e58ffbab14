using System.Diagnostics;
using Figment.Data.Formats;
using Xunit;

namespace Figment.Data.Tests.Formats;

public sealed class NpyTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_file_is_laid_out_as_numpy_lays_it_out()
    {
        using var target = new MemoryStream();
        NpyArray.From<short>([1, -2], 2).Write(target);
        var text = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }";
        var header = "\u0093NUMPY\u0001\0v\0" + text.PadRight(117) + "\n";
        Assert.Equal([.. header.Select(c => (byte)c), 1, 0, 0xFE, 0xFF], target.ToArray());
    }

    private static readonly string[] kinds = ["u1", "i1", "b1", "i2", "i4", "i8", "f2", "f4", "f8"];

    public static TheoryData<string> Kinds => [.. kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_kind_survives_every_order_and_version(string kind)
    {
        var array = Sample(kind, 2, 3, 2);
        foreach (var fortran in new[] { false, true })
        {
            foreach (var version in new[] { 1, 2, 3 })
            {
                using var target = new MemoryStream();
                array.Write(target, fortran, version);
                Assert.Equal(0, (target.Length - 12 * SizeOf(kind)) % 64);
                var back = NpyArray.Parse(target.ToArray(), "x");
                Assert.Equal((kind, 12), (back.Kind, back.Count));
                Assert.Equal([2, 3, 2], back.Shape);
                Assert.Equal(Numbers(array), Numbers(back));
            }
        }
    }

    [Fact]
    public void Columns_first_is_turned_round_by_hand()
    {
        // [[1, 2, 3], [4, 5, 6]] stored column by column.
        var file = File("|u1", true, "(2, 3)", [1, 4, 2, 5, 3, 6]);
        Assert.Equal<byte>([1, 2, 3, 4, 5, 6], NpyArray.Parse(file, "x").As<byte>().ToArray());
    }

    [Fact]
    public void The_other_byte_order_is_swapped()
    {
        Assert.Equal([258, -2],
            NpyArray.Parse(File(">i2", false, "(2,)", [1, 2, 0xFF, 0xFE]), "x").As<short>().ToArray());
        Assert.Equal([1f], NpyArray.Parse(File(">f4", false, "(1,)", [0x3F, 0x80, 0, 0]), "x").As<float>().ToArray());
        Assert.Equal([1.0],
            NpyArray.Parse(File(">f8", false, "()", [0x3F, 0xF0, 0, 0, 0, 0, 0, 0]), "x").As<double>().ToArray());
    }

    [Fact]
    public void Headers_of_other_spacing_and_quotes_are_understood()
    {
        var header = "{\"shape\":(2 ,),'fortran_order' :False ,\"descr\":\"|u1\"}   \n";
        byte[] file = [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. header.Select(c => (byte)c), 7, 8];
        Assert.Equal<byte>([7, 8], NpyArray.Parse(file, "x").As<byte>().ToArray());
    }

    [Fact]
    public void Empty_arrays_and_single_values_have_their_shapes()
    {
        Assert.Equal([0, 3], NpyArray.Parse(File("<f4", true, "(0, 3)", []), "x").Shape);
        var one = NpyArray.Parse(File("<i4", false, "()", [5, 0, 0, 0]), "x");
        Assert.Empty(one.Shape);
        Assert.Equal([5], one.As<int>().ToArray());
    }

    [Fact]
    public void Asking_for_another_type_is_refused()
    {
        var array = NpyArray.From<int>([1], 1);
        Assert.Contains("holds i4 (Int32), not Single",
            Assert.Throws<InvalidOperationException>(() => array.As<float>().Length).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => NpyArray.From<uint>([1], 1));
        Assert.Throws<ArgumentException>(() => NpyArray.From<int>([1, 2], 3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Archives_keep_names_and_order(bool compress)
    {
        NpzFile.Write(folder["a.npz"],
        [
            new("second", NpyArray.From<byte>([1, 2], 2)),
            new("first", NpyArray.From<double>([0.5], 1)),
        ], compress);
        var back = NpzFile.Read(folder["a.npz"]);
        Assert.Equal(["second", "first"], back.Keys);
        Assert.Equal([0.5], back["first"].As<double>().ToArray());
        Assert.Equal(["a.npz"], folder.Files());
    }

    [Fact]
    public void Numpy_and_we_read_each_other()
    {
        if (!System.IO.File.Exists(Python) || Run("import numpy") != 0)
            Assert.Skip("numpy is not installed: apt-get install python3-numpy");
        const string make = """
            import numpy as n
            from numpy.lib import format as f
            a = n.arange(24).reshape(2, 3, 4)
            for kind in "u1 i1 i2 i4 i8 f2 f4 f8".split():
                for order, turn in ("C", lambda x: x), ("F", n.asfortranarray):
                    for end in "<>":
                        n.save(f"{kind}{order}{'l' if end == '<' else 'b'}.npy", turn(a.astype(end + kind)))
            n.save("b1.npy", a % 3 == 0)
            with open("v3.npy", "wb") as file: f.write_array(file, a.astype("i4"), version=(3, 0))
            n.savez_compressed("z.npz", x_train=a.astype("u1"), y=n.array(3.5))
            """;
        Assert.Equal(0, Run(make));
        var paths = Directory.GetFiles(folder.Path, "*.npy")
            .Where(path => Path.GetFileName(path) != "b1.npy").ToList();
        Assert.Equal(33, paths.Count);
        foreach (var path in paths)
        {
            var array = NpyArray.Read(path);
            Assert.Equal([2, 3, 4], array.Shape);
            Assert.Equal(Enumerable.Range(0, 24).Select(i => (double)i), Numbers(array));
        }

        Assert.Equal(Enumerable.Range(0, 24).Select(i => i % 3 == 0),
            NpyArray.Read(folder["b1.npy"]).As<bool>().ToArray());
        var archive = NpzFile.Read(folder["z.npz"]);
        Assert.Equal(23, archive["x_train"].As<byte>()[23]);
        Assert.Equal([3.5], archive["y"].As<double>().ToArray());

        foreach (var kind in kinds)
            Sample(kind, 2, 3, 2).Write(folder[$"ours-{kind}.npy"]);
        NpzFile.Write(folder["ours.npz"], [new("a", Sample("f4", 2, 3, 2))], compress: true);
        const string check = """
            import numpy as n
            for kind in "u1 i1 i2 i4 i8 f2 f4 f8".split():
                x = n.load(f"ours-{kind}.npy")
                assert x.dtype == n.dtype(kind) and x.shape == (2, 3, 2) and (x.ravel() == n.arange(12)).all(), kind
            assert (n.load("ours-b1.npy").ravel() == (n.arange(12) % 2 == 1)).all()
            assert (n.load("ours.npz")["a"].ravel() == n.arange(12)).all()
            """;
        Assert.Equal(0, Run(check));
    }

    internal static byte[] File(string descriptor, bool fortran, string shape, byte[] data, int version = 1)
    {
        var header = $"{{'descr': '{descriptor}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n";
        byte[] length = version == 1
            ? [(byte)header.Length, (byte)(header.Length >> 8)]
            : [(byte)header.Length, (byte)(header.Length >> 8), 0, 0];
        return [0x93, .. "NUMPY"u8, (byte)version, 0, .. length, .. header.Select(c => (byte)c), .. data];
    }

    private static NpyArray Sample(string kind, params long[] shape)
    {
        var n = Enumerable.Range(0, 12).ToArray();
        return kind switch
        {
            "u1" => NpyArray.From<byte>([.. n.Select(i => (byte)i)], shape),
            "i1" => NpyArray.From<sbyte>([.. n.Select(i => (sbyte)i)], shape),
            "b1" => NpyArray.From<bool>([.. n.Select(i => i % 2 == 1)], shape),
            "i2" => NpyArray.From<short>([.. n.Select(i => (short)i)], shape),
            "i4" => NpyArray.From<int>(n, shape),
            "i8" => NpyArray.From<long>([.. n.Select(i => (long)i)], shape),
            "f2" => NpyArray.From<Half>([.. n.Select(i => (Half)i)], shape),
            "f4" => NpyArray.From<float>([.. n.Select(i => (float)i)], shape),
            _ => NpyArray.From<double>([.. n.Select(i => (double)i)], shape),
        };
    }

    private static int SizeOf(string kind) => kind[1] - '0';

    private static double[] Numbers(NpyArray array) => array.Kind switch
    {
        "u1" => [.. array.As<byte>().ToArray().Select(v => (double)v)],
        "i1" => [.. array.As<sbyte>().ToArray().Select(v => (double)v)],
        "b1" => [.. array.As<bool>().ToArray().Select(v => v ? 1.0 : 0.0)],
        "i2" => [.. array.As<short>().ToArray().Select(v => (double)v)],
        "i4" => [.. array.As<int>().ToArray().Select(v => (double)v)],
        "i8" => [.. array.As<long>().ToArray().Select(v => (double)v)],
        "f2" => [.. array.As<Half>().ToArray().Select(v => (double)v)],
        "f4" => [.. array.As<float>().ToArray().Select(v => (double)v)],
        _ => array.As<double>().ToArray(),
    };

    private int Run(string script)
    {
        var start = new ProcessStartInfo(Python, ["-c", script])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        TestContext.Current.SendDiagnosticMessage(process.StandardError.ReadToEnd());
        process.WaitForExit();
        return process.ExitCode;
    }
}
