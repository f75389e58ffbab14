using System.Security.Cryptography;
using Xunit;

namespace Figment.Nn.Tests.Golden;

/// <summary>A golden file is worth what its script is: both must belong together.</summary>
public class ProvenanceTests
{
    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(GoldenFile.Folder, "*.safetensors").Select(path => Path.GetFileNameWithoutExtension(path)),
    ];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_golden_file_was_written_by_the_script_beside_it(string name)
    {
        var metadata = GoldenFile.Open(name).Metadata;
        var written = Convert.ToHexStringLower(SHA256.HashData([
            .. File.ReadAllBytes(Path.Combine(GoldenFile.Folder, "golden.py")),
            .. File.ReadAllBytes(Path.Combine(GoldenFile.Folder, metadata["script"]))]));
        Assert.True(written == metadata["script_sha256"],
            $"{name}.safetensors was not written by {metadata["script"]} and golden.py as they are now; "
            + $"run /usr/bin/python3 tests/golden/{metadata["script"]} (python3-torch {metadata["pytorch"]}).");
    }

    [Fact]
    public void Golden_files_stay_small() =>
        Assert.InRange(Directory.GetFiles(GoldenFile.Folder, "*.safetensors").Sum(path => new FileInfo(path).Length),
            1, 3_000_000);
}
