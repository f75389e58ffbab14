using System.Diagnostics;
using Figment.Torch.Runtime;
using Xunit;

namespace Figment.Torch.Tests;

public class OpGenTests
{
    [Fact]
    [Trait("speed", "slow")]
    public async Task The_checked_in_bindings_are_what_libtorch_gives()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Figment.slnx"))) root = root.Parent;
        if (root is null) Assert.Skip("not run inside a checkout: operators.txt is not here");
        var bridge = NativeLoader.Find("figment_torch");
        if (bridge is null) Assert.Skip("the bridge is not built: run ./figment once");
        if (!LibTorch.Version.StartsWith("1.13", StringComparison.Ordinal))
            Assert.Skip($"the bindings are generated from libtorch 1.13, and this is {LibTorch.Version}: run where Debian's libtorch-dev is");

        var start = new ProcessStartInfo("dotnet", ["run", "--project", "tools/Figment.OpGen", "--", "--check"])
        {
            WorkingDirectory = root.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FIGMENT_NATIVE"] = Path.GetDirectoryName(bridge);
        using var process = Process.Start(start)!;
        var cancelled = TestContext.Current.CancellationToken;
        var errors = process.StandardError.ReadToEndAsync(cancelled);
        var output = await process.StandardOutput.ReadToEndAsync(cancelled);
        await process.WaitForExitAsync(cancelled);
        Assert.True(process.ExitCode == 0, output + await errors);
    }
}
