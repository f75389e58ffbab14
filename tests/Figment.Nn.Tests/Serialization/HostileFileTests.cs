using System.Text;
using Figment.Nn.Serialization;
using Figment.Testing;
using Figment.Torch;
using Xunit;
using static Figment.Nn.Tests.Serialization.SafeTensorsBytes;

namespace Figment.Nn.Tests.Serialization;

/// <summary>Files made to mislead a reader: each is refused with its place, its fault and a cure.</summary>
public class HostileFileTests : EngineTest
{
    private static readonly Dictionary<string, (byte[] File, string Fault)> Cases = new()
    {
        ["empty"] = ([], "0 bytes cannot be"),
        ["shorter than its length prefix"] = ([1, 2, 3], "3 bytes cannot be"),
        ["length prefix of 2^64-1"] = (File("{}", 0, ulong.MaxValue), "claims 18446744073709551615 bytes"),
        ["length prefix of 2^63"] = (File("{}", 0, 1UL << 63), "claims 9223372036854775808 bytes"),
        ["length prefix past the end"] = (File("{}", 4, 7), "claims 7 bytes, but only 6 follow"),
        ["header of no bytes"] = (File("", 4), "does not begin with '{'"),
        ["header that begins with a space"] = (File(" {}", 0), "does not begin with '{'"),
        ["header that is a list"] = (File("[]", 0), "does not begin with '{'"),
        ["header that ends early"] = (File("{\"a\":", 0), "not valid JSON"),
        ["header with a comment"] = (File("{/**/}", 0), "not valid JSON"),
        ["header with a trailing comma"] = (File("{" + Entry("a", "U8", "[1]", "[0,1]") + ",}", 1), "not valid JSON"),
        ["header with a second object"] = (File("{}{}", 0), "not valid JSON"),
        ["header nested too deeply"] = (File("{\"a\":" + new string('[', 1000), 0), "not an object"),
        ["deep nesting in a shape"] =
            (File("{\"a\":{\"shape\":" + new string('[', 1000), 0), "not valid JSON|whole number"),
        ["invalid UTF-8"] = (File([(byte)'{', (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}'], 0), "not valid UTF-8"),
        ["overlong UTF-8"] = (File([(byte)'{', (byte)'"', 0xC0, 0xAF, (byte)'"', (byte)'}'], 0), "not valid UTF-8"),
        ["half a surrogate pair in a key"] =
            (Of(1, Entry("\\ud800", "U8", "[1]", "[0,1]")), "invalid string"),
        ["the same tensor twice"] =
            (Of(2, Entry("a", "U8", "[1]", "[0,1]"), Entry("a", "U8", "[1]", "[1,2]")), "appears twice"),
        ["the same tensor twice, escaped once"] =
            (Of(2, Entry("a", "U8", "[1]", "[0,1]"), Entry("\\u0061", "U8", "[1]", "[1,2]")), "appears twice"),
        ["metadata twice"] = (File("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "appears twice"),
        ["a metadata key twice"] = (File("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0), "appears twice"),
        ["metadata that is a number"] = (File("{\"__metadata__\":{\"a\":1}}", 0), "not a string"),
        ["metadata that is nested"] = (File("{\"__metadata__\":{\"a\":{}}}", 0), "not a string"),
        ["metadata that is a list"] = (File("{\"__metadata__\":[]}", 0), "not an object"),
        ["a tensor that is null"] = (File("{\"a\":null}", 0), "not an object"),
        ["no element type"] = (File("{\"a\":{\"shape\":[1],\"data_offsets\":[0,1]}}", 1), "needs \"dtype\""),
        ["an unknown element type"] = (Of(4, Entry("a", "F31", "[1]", "[0,4]")), "\"F31\" is not supported"),
        ["an element type in small letters"] = (Of(4, Entry("a", "f32", "[1]", "[0,4]")), "\"f32\" is not supported"),
        ["an element type twice"] =
            (File("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
                "\"dtype\" appears twice"),
        ["a field nobody knows"] =
            (File("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":1}}", 1), "\"x\" is no field"),
        ["a negative size"] = (Of(1, Entry("a", "U8", "[-1]", "[0,1]")), "no whole number"),
        ["a fractional size"] = (Of(1, Entry("a", "U8", "[1.5]", "[0,1]")), "no whole number"),
        ["a size in exponents"] = (Of(1, Entry("a", "U8", "[1e0]", "[0,1]")), "no whole number"),
        ["a size over 2^63"] = (Of(1, Entry("a", "U8", "[9223372036854775808]", "[0,1]")), "no whole number"),
        ["a product that overflows to 0"] =
            (Of(0, Entry("a", "U8", "[4294967296,4294967296]", "[0,0]")), "more than 2^63-1 bytes"),
        ["a product that a zero hides"] =
            (Of(0, Entry("a", "U8", "[0,4294967296,4294967296]", "[0,0]")), "more than 2^63-1 bytes"),
        ["bytes that overflow"] =
            (Of(0, Entry("a", "F64", "[2305843009213693952]", "[0,0]")), "more than 2^63-1 bytes"),
        ["too many dimensions"] =
            (Of(1, Entry("a", "U8", $"[{string.Join(",", Enumerable.Repeat(1, 17))}]", "[0,1]")),
                "more than 16 numbers"),
        ["offsets that disagree with the shape"] = (Of(4, Entry("a", "F32", "[2]", "[0,4]")), "needs 8 bytes"),
        ["offsets in reverse"] = (Of(1, Entry("a", "U8", "[1]", "[1,0]")), "needs 1 bytes"),
        ["one offset"] = (Of(1, Entry("a", "U8", "[1]", "[0]")), "two \"data_offsets\""),
        ["three offsets"] = (Of(1, Entry("a", "U8", "[1]", "[0,1,2]")), "more than 2 numbers"),
        ["an offset near 2^63"] =
            (Of(1, Entry("a", "U8", "[1]", "[9223372036854775806,9223372036854775807]")), "outside of any file"),
        ["data past the end"] = (Of(8, Entry("a", "U8", "[9]", "[0,9]")), "ends at byte"),
        ["a hole between tensors"] =
            (Of(3, Entry("a", "U8", "[1]", "[0,1]"), Entry("b", "U8", "[1]", "[2,3]")), "a hole lies before"),
        ["a hole at the start"] = (Of(2, Entry("a", "U8", "[1]", "[1,2]")), "a hole lies before"),
        ["two tensors in one place"] =
            (Of(2, Entry("a", "U8", "[2]", "[0,2]"), Entry("b", "U8", "[2]", "[0,2]")), "overlaps"),
        ["a partial overlap"] =
            (Of(3, Entry("a", "U8", "[2]", "[0,2]"), Entry("b", "U8", "[2]", "[1,3]")), "overlaps"),
        ["an empty tensor within another"] =
            (Of(2, Entry("a", "U8", "[2]", "[0,2]"), Entry("b", "U8", "[0]", "[1,1]")), "overlaps"),
        ["an empty tensor past the end"] = (Of(0, Entry("a", "U8", "[0]", "[5,5]")), "a hole lies before"),
        ["bytes after the last tensor"] = (Of(2, Entry("a", "U8", "[1]", "[0,1]")), "1 bytes follow"),
        ["a polyglot of nothing but bytes"] = (File("{}", 100), "100 bytes follow"),
        ["a name of 2,000 characters"] =
            (Of(1, Entry(new string('n', 2000), "U8", "[1]", "[0,1]")), "over the limit of 1024"),
        ["70,000 empty tensors"] = (Of(0, Enumerable.Range(0, 70_000).Select(i =>
            Entry($"t{i}", "U8", "[0]", "[0,0]"))), "more than 65536 tensors"),
        ["a header over the limit"] = (File("{" + new string(' ', 17 << 20) + "}", 0), "over the limit of 16777216"),
    };

    public static TheoryData<string> All => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(All))]
    public void A_bad_file_is_refused(string name)
    {
        var (file, fault) = Cases[name];
        var error = Assert.Throws<SafeTensorsException>(() => Open(file));
        Assert.Contains(fault.Split('|'), part => error.Message.Contains(part, StringComparison.Ordinal));
        Assert.StartsWith("test.safetensors", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Cure);
        Assert.DoesNotContain(error.Message, char.IsControl);
        Assert.InRange(error.Message.Length, 1, 600);
    }

    [Fact]
    public void A_fault_names_file_key_and_byte()
    {
        var file = Of(1, Entry("decoder.weight", "Q4", "[1]", "[0,1]"));
        var error = Assert.Throws<SafeTensorsException>(() => Open(file));
        Assert.Equal(("test.safetensors", "decoder.weight", 9L), (error.File, error.Key, error.Offset));
        Assert.Equal("test.safetensors (key \"decoder.weight\", byte 9): the element type \"Q4\" is not supported. "
            + "Convert the tensor to one of BF16, BOOL, F16, F32, F64, I16, I32, I64, I8, U8 and write the file again.",
            error.Message);
    }

    [Fact]
    public void A_truth_value_of_2_is_refused_when_read() => TensorScope.Run(() =>
    {
        var file = Of(1, Entry("a", "BOOL", "[1]", "[0,1]"));
        file[^1] = 2;
        using var opened = Open(file);
        Assert.Contains("neither 0 nor 1", Assert.Throws<SafeTensorsException>(() => opened.Read("a")).Message);
    });

    [Fact]
    public void No_limit_raises_the_header_over_100_MB() =>
        Assert.Equal(100_000_000, new SafeTensorsLimits { HeaderBytes = long.MaxValue }.HeaderBytes);

    [Fact]
    public void A_hostile_length_allocates_nothing()
    {
        var file = File("{}", 0, 90_000_000);
        Assert.Throws<SafeTensorsException>(() => Open(file));
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<SafeTensorsException>(() => Open(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Many_entries_stay_bounded_by_the_file_and_64_MiB()
    {
        var note = "\"__metadata__\":{\"note\":\"" + new string('x', 8 << 20) + "\"}";
        var entries = Enumerable.Range(0, 65_536).Select(i => Entry($"t{i}", "U8", "[0,0,0,0,0,0,0,0]", "[0,0]"));
        var file = Of(0, entries.Prepend(note));
        var before = GC.GetAllocatedBytesForCurrentThread();
        using (Open(file))
        {
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, file.Length + (64L << 20));
    }

    [Theory]
    [InlineData(500)]
    [Trait("speed", "quick")]
    public void Mutated_files_are_read_or_refused(int count) => Fuzz(seed: 1, count);

    [Theory]
    [InlineData(5000)]
    [Trait("speed", "slow")]
    public void Many_mutated_files_are_read_or_refused(int count) => Fuzz(seed: 2, count);

    private static void Fuzz(int seed, int count)
    {
        var random = new Random(seed);
        var valid = File("{\"__metadata__\":{\"made\":\"by hand\"},"
            + Entry("a.weight", "F32", "[2,3]", "[0,24]") + "," + Entry("b", "I64", "[]", "[24,32]") + ","
            + Entry("c", "BOOL", "[2]", "[32,34]") + "," + Entry("empty", "F16", "[0,7]", "[34,34]") + "}   ", 34);
        valid.AsSpan(valid.Length - 34).Clear();
        Assert.Equal(4, Open(valid).Entries.Count);
        var (read, refused) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var file = Mutate(valid, random);
            try
            {
                TensorScope.Run(() =>
                {
                    using var opened = Open(file);
                    foreach (var entry in opened.Entries)
                        Assert.Equal(entry.Shape, opened.Read(entry.Name).Shape.ToArray());
                });
                read++;
            }
            catch (SafeTensorsException)
            {
                refused++;
            }
        }
        Assert.True(read > 0 && refused > count / 2, $"{read} read, {refused} refused");
    }

    private static byte[] Mutate(byte[] valid, Random random)
    {
        var file = valid.ToList();
        for (var edits = random.Next(1, 5); edits > 0; edits--)
        {
            var at = random.Next(file.Count);
            switch (random.Next(6))
            {
                case 0:
                    file[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    file[at] = (byte)random.Next(256);
                    break;
                case 2 when file.Count > 1:
                    file.RemoveRange(at, Math.Min(random.Next(1, 20), file.Count - at - 1));
                    break;
                case 3:
                    file.InsertRange(at, file.GetRange(at, Math.Min(random.Next(1, 40), file.Count - at)));
                    break;
                case 4:
                    file.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                default:
                    FixLength(file, random);
                    break;
            }
        }
        if (random.Next(2) == 0)
            FixLength(file, random);
        return [.. file];
    }

    /// <summary>Makes the prefix fit the header's closing brace again, so that mutations reach deeper.</summary>
    private static void FixLength(List<byte> file, Random random)
    {
        var end = file.LastIndexOf((byte)'}');
        if (end < 8)
            return;
        var length = BitConverter.GetBytes((long)end - 7 + random.Next(2));
        for (var i = 0; i < 8; i++)
            file[i] = length[i];
    }

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\u0000", "-1", "1e9", "9223372036854775807", "null", "\"shape\":", "F32",
        " ", "\n",
    ];
}
