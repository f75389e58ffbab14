using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>Fails with every finding in full, where xunit's own message would cut them short.</summary>
internal static class Findings
{
    public static void AssertNone(IEnumerable<string> findings)
    {
        var all = findings.Distinct().ToList();
        if (all.Count > 0) Assert.Fail($"{all.Count} found:\n{string.Join('\n', all)}");
    }
}
