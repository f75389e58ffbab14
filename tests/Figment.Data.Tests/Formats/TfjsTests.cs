using System.Text;
using Figment.Data.Formats;
using Xunit;

namespace Figment.Data.Tests.Formats;

public class TfjsTests
{
    private const string A = """{name:"a/kernel",shape:[2,2],dtype:"float32",quantization:{min:-.5,scale:.25,dtype:"uint8"}}""",
        B = """{name:"b",shape:[3],dtype:"float32",quantization:{min:-0,scale:1e-2,dtype:"uint8"}}""";

    private static IReadOnlyList<NamedArray> Read(string manifest, params string[] texts) => TfjsWeights.Read(
        Encoding.UTF8.GetBytes("!function(){return {modelTopology:{shape:[1]},weightsManifest:" + manifest + "}}"),
        [.. texts.Select(text => Encoding.UTF8.GetBytes("function(e,t){t.exports=" + text + "},{}]},{},[1])"))], "net");

    private static string Base64(params byte[] bytes) => $"\"{Convert.ToBase64String(bytes)}\"";

    [Fact]
    public void Bytes_become_numbers_by_their_scale_across_shards()
    {
        var arrays = Read($"[{{paths:[\"x\"],weights:[{A},{B}]}}]", Base64(0, 1, 2), Base64(3, 0, 100, 255));
        Assert.Equal(["a/kernel", "b"], arrays.Select(array => array.Name));
        Assert.Equal([2, 2], arrays[0].Shape);
        Assert.Equal([-0.5f, -0.25f, 0, 0.25f], arrays[0].Values);
        Assert.Equal([0, 1, 2.55f], arrays[1].Values);
    }

    [Theory]
    [InlineData("lists a/kernel of 4 values, but its shards hold 3", new byte[] { 1, 2, 3 })]
    [InlineData("lists 4 values, but its shards hold 5", new byte[] { 1, 2, 3, 4, 5 })]
    public void Bytes_that_do_not_fit_the_list_are_told(string problem, byte[] bytes) =>
        AssertBad(problem, $"[{{weights:[{A}]}}]", Base64(bytes));

    [Theory]
    [InlineData("""{name:"c",shape:[4],dtype:"float32"}""", "lists 1 arrays, of which 0")]
    [InlineData("""{name:"c",shape:[4],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint16"}}""", "of which 0")]
    [InlineData("""{name:"c",shape:[4294967296,4294967296],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}""",
        "of which 0")]
    [InlineData("""{name:"c",shape:[999999999,999999999],dtype:"float32",quantization:{min:0,scale:1,dtype:"uint8"}}""",
        "lists c of 268,435,456 values")]
    [InlineData("""{name:"c",shape:[4],dtype:"float32",quantization:{min:-.5,scale:1.2.3.4,dtype:"uint8"}}""",
        "lists c with a scale that is no number")]
    public void Entries_of_another_form_are_not_passed_over(string entry, string problem) =>
        AssertBad(problem, $"[{{weights:[{entry}]}}]", Base64(1, 2, 3, 4));

    [Fact]
    public void A_name_may_not_come_twice() => AssertBad("lists 2 arrays", $"[{{weights:[{A},{A}]}}]", Base64(new byte[8]));

    [Theory]
    [InlineData("nothing", "holds no base64 text")]
    [InlineData("\"AQID", "holds no base64 text")]
    [InlineData("\"AQID?\"", "is no valid base64")]
    [InlineData("\"AQI\"", "is no valid base64")]
    public void A_shard_that_is_cut_off_or_wrong_is_told(string text, string problem) =>
        AssertBad(problem, $"[{{weights:[{A}]}}]", text);

    [Fact]
    public void A_script_without_a_list_is_told() => Assert.Contains("holds no weightsManifest",
        Assert.Throws<BadFileException>(() => TfjsWeights.Read("!function"u8.ToArray(), [], "net")).Message,
        StringComparison.Ordinal);

    private static void AssertBad(string problem, string manifest, params string[] texts) =>
        Assert.Contains(problem, Assert.Throws<BadFileException>(() => Read(manifest, texts)).Message,
            StringComparison.Ordinal);
}
