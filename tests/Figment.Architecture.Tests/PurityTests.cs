using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>The science knows no console, clock, disk or hidden generator: its results follow from its arguments.</summary>
public class PurityTests
{
    private static readonly string[] Pure = ["Torch", "Nn", "Models"];

    // Each exception is a place whose very purpose is the outside: what the machine has, and the files of weights.
    private static readonly Dictionary<string, string[]> MayUseFiles = new()
    {
        ["Torch"] = ["Figment.Torch.Runtime."],
        ["Nn"] = ["Figment.Nn.Serialization."],
        ["Models"] = [],
    };

    private static readonly string[] FileTypes =
    [
        "System.IO.File", "System.IO.FileInfo", "System.IO.FileStream", "System.IO.Directory", "System.IO.DirectoryInfo",
        "System.IO.StreamReader", "System.IO.StreamWriter", "System.IO.MemoryMappedFiles.MemoryMappedFile",
    ];

    public static TheoryData<string> Projects => [.. Pure];

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_console(string project) => AssertNone(project, usage => usage.Type == "System.Console");

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_files(string project) => AssertNone(project, usage => FileTypes.Contains(usage.Type)
        && !MayUseFiles[project].Any(allowed => usage.From.StartsWith(allowed, StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_clock(string project) => AssertNone(project, usage =>
        (usage.Type is "System.DateTime" or "System.DateTimeOffset" && usage.Member is "get_Now" or "get_UtcNow" or "get_Today")
        || usage.Type is "System.Diagnostics.Stopwatch");

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_hidden_randomness(string project) => AssertNone(project, usage =>
        usage.Type is "System.Random" or "System.Security.Cryptography.RandomNumberGenerator"
        || (usage.Type == "System.Guid" && usage.Member == "NewGuid"));

    [Fact]
    public void The_scanner_sees_what_is_there() =>
        Assert.Contains(Assemblies.Usages("Torch"), usage => usage is
        { From: "Figment.Torch.Runtime.MachineFacts", Type: "System.IO.File", Member: "ReadAllText" });

    private static void AssertNone(string project, Func<Usage, bool> forbidden) =>
        Findings.AssertNone(Assemblies.Usages(project).Where(forbidden)
            .Select(usage => $"{usage.From} uses {usage.Type}.{usage.Member}"));
}
