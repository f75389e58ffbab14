using System.IO.Compression;
using Figment.Data.Formats;
using Figment.Data.Images;
using Figment.Data.Tests.Catalog;
using Figment.Data.Tests.Formats;
using Figment.Data.Tests.Images;

namespace Figment.Data.Tests.Hostile;

/// <summary>A file that must be refused, by which reader, and the words that must say why.</summary>
/// <param name="Kind">png, jpeg, idx, npy or npz: chooses the reader.</param>
/// <param name="What">What is wrong with it.</param>
/// <param name="Make">Makes the bytes.</param>
/// <param name="Why">A part of the message.</param>
internal sealed record BadFile(string Kind, string What, Func<byte[]> Make, string Why)
{
    /// <summary>Reads a file with the reader of its kind.</summary>
    internal static object Read(string kind, byte[] bytes, string name) => kind switch
    {
        "png" or "jpeg" => Image.Decode(bytes, name),
        "idx" => IdxArray.Parse(bytes, name),
        "npy" => NpyArray.Parse(bytes, name),
        _ => NpzFile.Parse(bytes, name),
    };
}

/// <summary>Hand-made bad files. Each is generated here; none is checked in.</summary>
internal static class BadFiles
{
    internal static IReadOnlyList<BadFile> All { get; } = [.. Pngs(), .. Jpegs(), .. Idxs(), .. Npys(), .. Npzs()];

    internal static byte[] GoodPng => PngMaker.Of(2, 2, 8, 0).Rows([1, 2], [3, 4]).End();

    internal static byte[] GoodJpeg => new Image(16, 16, 3, [.. Enumerable.Range(0, 768).Select(i => (byte)i)])
        .Encode(ImageFormat.Jpeg);

    internal static byte[] GoodNpz => Zip(("a.npy", NpyTests.File("|u1", false, "(9,)", new byte[9])),
        ("b.npy", NpyTests.File("<f4", true, "(2, 2)", new byte[16])));

    private static IEnumerable<BadFile> Pngs()
    {
        BadFile Png(string what, string why, Func<byte[]> make) => new("png", what, make, why);
        yield return Png("empty", "is empty", () => []);
        yield return Png("text", "is not a PNG or JPEG picture", () => [.. "hello, I am a picture"u8]);
        yield return Png("a GIF under a false name", "but a GIF", () => [.. "GIF89a"u8, 1, 0, 1, 0, 0, 0, 0]);
        yield return Png("signature spoilt by a text transfer", "signature", () =>
            [0x89, .. "PNG\n\u001A\n\n"u8, .. GoodPng.AsSpan(8)]);
        yield return Png("signature alone", "the closing IEND chunk is missing", () => PngMaker.Signature);
        yield return Png("cut off inside a chunk", "declares a IDAT chunk", () => GoodPng[..45]);
        yield return Png("cut off before IEND", "the closing IEND chunk is missing", () => GoodPng[..^12]);
        yield return Png("chunk of 4 GiB", "declares a IDAT chunk of 4,294,967,295 bytes", () =>
            Set(GoodPng, 33, 255, 255, 255, 255));
        yield return Png("chunk that just overlaps the next", "has a wrong checksum", () => Set(GoodPng, 36, 24));
        yield return Png("wrong checksum", "has a wrong checksum", () => Set(GoodPng, 29, 0));
        yield return Png("chunk name with a zero", "type is not four letters", () => Set(GoodPng, 38, 0));
        yield return Png("no header first", "does not begin with", () => new PngMaker().Chunk("IDAT", 1).End());
        yield return Png("header of 12 bytes", "does not begin with", () =>
            new PngMaker().Chunk("IHDR", new byte[12]).End());
        yield return Png("two headers", "second header", () =>
            PngMaker.Of(1, 1, 8, 0).Header(60000, 60000, 8, 0).Rows([1]).End());
        yield return Png("width 0", "declares an empty picture", () => PngMaker.Of(0, 5, 8, 0).Rows([]).End());
        yield return Png("4 billion by 4 billion", "the limit is 50,000,000 pixels", () =>
            PngMaker.Of(uint.MaxValue, uint.MaxValue, 8, 6).Rows([1]).End());
        yield return Png("one pixel wide, 8 million tall", "declares 1 x 8,000,000 pixels", () =>
            PngMaker.Of(1, 8_000_000, 8, 0).Rows([1]).End());
        yield return Png("one pixel over the limit", "declares 7,072 x 7,072 pixels", () =>
            PngMaker.Of(7072, 7072, 1, 0).Rows([1]).End());
        yield return Png("grey with 3 bits", "colour type 0 with 3 bits", () =>
            PngMaker.Of(1, 1, 3, 0).Rows([1]).End());
        yield return Png("colour type 5", "colour type 5", () => PngMaker.Of(1, 1, 8, 5).Rows([1]).End());
        yield return Png("palette with 16 bits", "colour type 3 with 16 bits", () =>
            PngMaker.Of(1, 1, 16, 3).Rows([1]).End());
        yield return Png("interlace method 2", "unknown compression, filter or interlace", () =>
            PngMaker.Of(1, 1, 8, 0, 2).Rows([1]).End());
        yield return Png("no palette", "has no palette", () => PngMaker.Of(1, 1, 8, 3).Rows([1]).End());
        yield return Png("palette of 7 bytes", "palette of 7 bytes", () =>
            PngMaker.Of(1, 1, 8, 3).Chunk("PLTE", new byte[7]).Rows([1]).End());
        yield return Png("palette larger than its indices", "palette of 15 bytes", () =>
            PngMaker.Of(1, 1, 2, 3).Chunk("PLTE", new byte[15]).Rows([1]).End());
        yield return Png("palette of a grey picture", "palette where none may be", () =>
            PngMaker.Of(1, 1, 8, 0).Chunk("PLTE", new byte[3]).Rows([1]).End());
        yield return Png("transparency longer than the palette", "transparency table", () =>
            PngMaker.Of(1, 1, 8, 3).Chunk("PLTE", new byte[3]).Chunk("tRNS", 1, 2).Rows([0]).End());
        yield return Png("unknown critical chunk", "unknown critical chunk ABCD", () =>
            PngMaker.Of(1, 1, 8, 0).Chunk("ABCD", 1).Rows([1]).End());
        yield return Png("no picture data", "has no picture data", () => PngMaker.Of(1, 1, 8, 0).End());
        yield return Png("picture data in two places", "separate places", () =>
            PngMaker.Of(1, 1, 8, 0).Rows([1]).Chunk("tEXt", 65, 0).Rows([1]).End());
        yield return Png("too few rows", "holds 1 of 3 rows", () => PngMaker.Of(2, 3, 8, 0).Rows([1, 2]).End());
        yield return Png("half a row too few, interlaced", "rows of picture data", () =>
            PngMaker.Of(3, 3, 8, 0, 1).Raw([0, 1, 0, 3]).End());
        yield return Png("bomb: 40 MB of zeros for one pixel", "more picture data than its header declares", () =>
            PngMaker.Of(1, 1, 8, 0).Raw(new byte[40_000_000]).End());
        yield return Png("unknown row filter", "unknown row filter 5", () => PngMaker.Of(1, 1, 8, 0).Raw([5, 1]).End());
        yield return Png("no zlib stream", "cannot be unpacked", () =>
            PngMaker.Of(1, 1, 8, 0).Chunk("IDAT", 1, 2, 3, 4).End());
        yield return Png("spoilt zlib checksum", "cannot be unpacked", () =>
        {
            var data = PngMaker.Deflate([0, 7]);
            data[^1] ^= 1;
            return PngMaker.Of(1, 1, 8, 0).Chunk("IDAT", data).End();
        });
        yield return Png("100,001 chunks", "more than 100,000 chunks", () =>
        {
            byte[] chunk = PngMaker.Encode("teSt", []);
            return [.. PngMaker.Of(1, 1, 8, 0).Bytes(), .. Enumerable.Repeat(chunk, 100_001).SelectMany(c => c)];
        });
    }

    private static IEnumerable<BadFile> Jpegs()
    {
        BadFile Jpeg(string what, string why, Func<byte[]> make) => new("jpeg", what, make, why);
        byte[] Frame(byte marker, int height, int width, params byte[] components) =>
            [0xFF, marker, 0, (byte)(8 + components.Length), 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8),
                (byte)width, (byte)(components.Length / 3), .. components];
        yield return Jpeg("start alone", "is cut off", () => [0xFF, 0xD8, 0xFF]);
        yield return Jpeg("cut off in the middle", "the end-of-image marker is missing", () => GoodJpeg[..^40]);
        yield return Jpeg("ends before the picture", "ends before any picture data", () => [0xFF, 0xD8, 0xFF, 0xD9]);
        yield return Jpeg("segment of length 1", "of length 1", () => [0xFF, 0xD8, 0xFF, 0xE0, 0, 1, 0xFF, 0xD9]);
        yield return Jpeg("segment longer than the file", "is cut off", () =>
            [0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xFF, 1, 2]);
        yield return Jpeg("rubbish between segments", "where a marker must begin", () =>
            [0xFF, 0xD8, 0xFF, 0xE0, 0, 2, 7, 7, 7]);
        yield return Jpeg("restart outside a scan", "marker D0 out of place", () => [0xFF, 0xD8, 0xFF, 0xD0, 0, 0]);
        yield return Jpeg("65,535 x 65,535", "declares 65,535 x 65,535 pixels", () =>
            [0xFF, 0xD8, .. Frame(0xC0, 65535, 65535, 1, 0x11, 0), 0xFF, 0xD9]);
        yield return Jpeg("height left for later", "declares an empty picture", () =>
            [0xFF, 0xD8, .. Frame(0xC0, 0, 5, 1, 0x11, 0), 0xFF, 0xD9]);
        yield return Jpeg("two frames", "second frame header", () =>
            [0xFF, 0xD8, .. Frame(0xC0, 5, 5, 1, 0x11, 0), .. Frame(0xC0, 9, 9, 1, 0x11, 0), 0xFF, 0xD9]);
        yield return Jpeg("lossless process", "rare JPEG process C3", () =>
            [0xFF, 0xD8, .. Frame(0xC3, 5, 5, 1, 0x11, 0), 0xFF, 0xD9]);
        yield return Jpeg("sampling 0", "sampling factor 01", () =>
            [0xFF, 0xD8, .. Frame(0xC0, 5, 5, 1, 0x01, 0), 0xFF, 0xD9]);
        yield return Jpeg("two components", "2 colour components", () =>
            [0xFF, 0xD8, .. Frame(0xC0, 5, 5, 1, 0x11, 0, 2, 0x11, 0), 0xFF, 0xD9]);
        yield return Jpeg("scan before the frame", "before its header", () =>
            [0xFF, 0xD8, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1, 0xFF, 0xD9]);
        yield return Jpeg("101 scans", "more than 100 scans", () => [0xFF, 0xD8, .. Frame(0xC2, 5, 5, 1, 0x11, 0),
            .. Enumerable.Repeat(new byte[] { 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1 }, 101).SelectMany(s => s), 0xFF,
                0xD9]);
        yield return Jpeg("no tables", "cannot be decoded", () => [0xFF, 0xD8, .. Frame(0xC0, 8, 8, 1, 0x11, 0),
            0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 1, 0xFF, 0xD9]);
    }

    private static IEnumerable<BadFile> Idxs()
    {
        BadFile Idx(string what, string why, params byte[] bytes) => new("idx", what, () => bytes, why);
        yield return Idx("empty", "is 0 bytes long");
        yield return Idx("three bytes", "is 3 bytes long", 0, 0, 8);
        yield return Idx("wrong magic", "first two bytes are not zero", 1, 0, 8, 1, 0, 0, 0, 1, 5);
        yield return Idx("floats", "type code 0D", 0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0);
        yield return Idx("no dimensions", "has 0 dimensions", 0, 0, 8, 0);
        yield return Idx("255 dimensions", "has 255 dimensions", 0, 0, 8, 255, 0, 0, 0, 1);
        yield return Idx("cut off in its dimensions", "cut off inside its list of 3", 0, 0, 8, 3, 0, 0, 0, 1, 0, 0);
        yield return Idx("one byte missing", "declares 3 = 3 bytes, but holds 2", 0, 0, 8, 1, 0, 0, 0, 3, 1, 2);
        yield return Idx("one byte too many", "declares 1 = 1 bytes, but holds 2", 0, 0, 8, 1, 0, 0, 0, 1, 1, 2);
        yield return Idx("4 billion values", "more values than fit", 0, 0, 8, 1, 255, 255, 255, 255, 1);
        yield return Idx("product that overflows", "more values than fit", 0, 0, 8, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0,
            0);
        yield return Idx("product that overflows to 0 beside a 0", "more values than fit",
            0, 0, 8, 3, 127, 255, 255, 255, 127, 255, 255, 255, 0, 0, 0, 0);
        yield return new("idx", "gzip: bomb behind a small header", () =>
            CacheTests.Gzip([0, 0, 8, 1, 0, 0, 0, 1, .. new byte[60_000_000]]), "unpacks to more than the expected");
        yield return new("idx", "gzip: huge header", () =>
            CacheTests.Gzip([0, 0, 8, 1, 0x70, 0, 0, 0, 1]), "would unpack from");
        yield return new("idx", "gzip: cut off", () => CacheTests.Gzip([0, 0, 8, 1, 0, 0, 0, 9, .. new byte[9]])[..^12],
            "is cut off");
        yield return new("idx", "gzip: wrong checksum", () =>
        {
            var file = CacheTests.Gzip([0, 0, 8, 1, 0, 0, 0, 2, 1, 2]);
            file[^6] ^= 1;
            return file;
        }, "cannot be unpacked");
    }

    private static IEnumerable<BadFile> Npys()
    {
        BadFile Npy(string what, string why, Func<byte[]> make) => new("npy", what, make, why);
        BadFile Header(string what, string why, string header) => Npy(what, why, () =>
            [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8),
                .. header.Select(c => (byte)c)]);
        yield return Npy("empty", "signature is wrong", () => []);
        yield return Npy("magic alone", "cut off inside its header", () => [0x93, .. "NUMPY"u8]);
        yield return Npy("version 9", "unknown format version 9.0", () => [0x93, .. "NUMPY"u8, 9, 0, 0, 0]);
        yield return Npy("header of 4 GiB", "declares a header of 4,294,967,295 bytes", () =>
            [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255, 1]);
        yield return Npy("header longer than the file", "its header needs 200 bytes", () =>
            [0x93, .. "NUMPY"u8, 1, 0, 200, 0, 1]);
        yield return Npy("header that is not UTF-8", "not UTF-8", () =>
            [0x93, .. "NUMPY"u8, 3, 0, 2, 0, 0, 0, 0xFF, 0xFE]);
        yield return Header("no dictionary", "'{' is missing", "import os; os.system('true')");
        yield return Header("unclosed dictionary", "is missing",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)");
        yield return Header("unclosed quote", "quote without its end", "{'descr");
        yield return Header("no shape", "lacks one of", "{'descr': '<f4', 'fortran_order': False}");
        yield return Header("shape twice", "repeated header entry 'shape'",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'shape': (2,)}");
        yield return Header("unknown entry", "unexpected or repeated header entry 'x'", "{'x': 1}");
        yield return Header("negative size", "no list of sizes",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,)}");
        yield return Header("size beyond 64 bits", "no list of sizes",
            "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}");
        yield return Header("33 dimensions", "more than 32 dimensions",
            $"{{'descr': '|u1', 'fortran_order': False, 'shape': ({string.Concat(Enumerable.Repeat("1,", 33))})}}");
        yield return Header("order that is a number", "neither True nor False", "{'descr': '|u1', 'fortran_order': 1}");
        yield return Header("text after the header", "something after its header",
            "{'descr': '|u1', 'fortran_order': False, 'shape': ()} + 1");
        yield return Npy("pickled objects", "holds Python objects", () =>
            NpyTests.File("|O", false, "(1,)", [0x80, 4, 78, 46]));
        yield return Npy("records", "records of several fields", () =>
            [0x93, .. "NUMPY"u8, 1, 0, 29, 0, .. "{'descr': [('a', '<i4')],    "u8]);
        yield return Npy("complex numbers", "values of the type '<c8'", () =>
            NpyTests.File("<c8", false, "(1,)", new byte[8]));
        yield return Npy("text values", "values of the type '<U5'", () =>
            NpyTests.File("<U5", false, "(1,)", new byte[20]));
        yield return Npy("too little data", "but holds 3", () => NpyTests.File("<f4", false, "(1,)", new byte[3]));
        yield return Npy("too much data", "but holds 5", () => NpyTests.File("<f4", false, "(1,)", new byte[5]));
        yield return Npy("product that overflows", "more than fits into memory", () =>
            NpyTests.File("<f8", false, "(4294967296, 4294967296, 2)", new byte[8]));
        yield return Npy("product that overflows to 0", "more than fits into memory", () =>
            NpyTests.File("|u1", false, "(65536, 65536, 65536, 65536)", []));
        yield return Npy("product that overflows to 0 beside a 0", "more than fits into memory", () =>
            NpyTests.File("<f8", false, "(0, 9223372036854775807)", []));
        yield return Npy("2 GB of doubles in 8 bytes", "but holds 8", () =>
            NpyTests.File("<f8", true, "(16000, 16000)", new byte[8]));
        yield return Npy("truth value 2", "neither 0 nor 1", () => NpyTests.File("|b1", false, "(2,)", [1, 2]));
    }

    private static IEnumerable<BadFile> Npzs()
    {
        BadFile Npz(string what, string why, Func<byte[]> make) => new("npz", what, make, why);
        var array = NpyTests.File("|u1", false, "(1,)", [7]);
        yield return Npz("no archive", "directory is missing", () => [.. "PK, or so"u8]);
        yield return Npz("cut off", "directory is missing", () => Zip(("a.npy", array))[..^30]);
        yield return Npz("spoilt directory", "no readable zip archive", () =>
        {
            var file = Zip(("a.npy", array));
            file.AsSpan(file.Length - 6, 4).Fill(0xEE);
            return file;
        });
        yield return Npz("bomb", "would unpack from", () => Zip(("a.npy", new byte[90_000_000])));
        yield return Npz("20,000 entries under another count", "lists 20,000 entries", () =>
            [.. Enumerable.Repeat("PK\u0001\u0002".Select(c => (byte)c), 20_000).SelectMany(c => c),
                .. Zip(("a.npy", array)).AsSpan()[^22..]]);
        yield return Npz("something else inside", "is no .npy array", () => Zip(("readme.txt", [1])));
        yield return Npz("the same name twice", "in the archive twice", () => Zip(("a.npy", array), ("a.npy", array)));
        yield return Npz("damaged array inside", "x:a.npy: is no .npy file", () => Zip(("a.npy", [1, 2, 3])));
    }

    private static byte[] Zip(params (string Name, byte[] Bytes)[] entries)
    {
        using var target = new MemoryStream();
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create))
        {
            foreach (var (name, bytes) in entries)
            {
                using var entry = archive.CreateEntry(name).Open();
                entry.Write(bytes);
            }
        }

        return target.ToArray();
    }

    private static byte[] Set(byte[] file, int at, params byte[] bytes)
    {
        bytes.CopyTo(file, at);
        return file;
    }
}
