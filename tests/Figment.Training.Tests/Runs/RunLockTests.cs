using System.Diagnostics;
using System.Text.Json;
using Figment.Training.Runs;

namespace Figment.Training.Tests.Runs;

public sealed class RunLockTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RunDirectory run;

    public RunLockTests() => run = RunDirectory.Open(folder.FullPath);

    public void Dispose()
    {
        run.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void One_writer_at_a_time()
    {
        using (var first = RunLock.Take(run))
        {
            Assert.False(first.WasAbandoned);
            var busy = Assert.Throws<RunBusyException>(() => RunLock.Take(run));
            Assert.Equal(ProcessIdentity.Current, busy.Holder);
            Assert.Contains($"process {Environment.ProcessId}", busy.Message, StringComparison.Ordinal);
            Assert.Equal(ProcessIdentity.Current, RunLock.Holder(run));
        }
        Assert.Null(RunLock.Holder(run));
        using var second = RunLock.Take(run);
        Assert.False(second.WasAbandoned);
    }

    [Fact]
    public async Task Another_process_keeps_this_one_out_until_it_is_killed()
    {
        // flock(1) takes the same kernel lock; `exec` makes the holder one process with no child to inherit it.
        var script = $"exec 9>>'{folder[RunLock.FileName]}'; flock -n 9; echo held; exec cat";
        var start = new ProcessStartInfo("bash", ["-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        using var holder = Process.Start(start)!;
        Assert.Equal("held", await holder.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        var identity = IdentityOf(holder.Id);
        // .NET's own writers take the same lock, so the text gets there by another program.
        await File.WriteAllTextAsync(folder["identity"], identity, TestContext.Current.CancellationToken);
        await Process.Start("cp", [folder["identity"], folder[RunLock.FileName]])
            .WaitForExitAsync(TestContext.Current.CancellationToken);
        var busy = Assert.Throws<RunBusyException>(() => RunLock.Take(run));
        Assert.Equal(holder.Id, busy.Holder?.ProcessId);
        Assert.Equal(holder.Id, RunLock.Holder(run)?.ProcessId);
        holder.Kill();
        await holder.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Null(RunLock.Holder(run));
        using var taken = RunLock.Take(run);
        Assert.True(taken.WasAbandoned);
    }

    [Fact]
    public void A_live_holder_is_respected_where_kernel_locks_do_not_reach()
    {
        using var other = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true })!;
        File.WriteAllText(folder[RunLock.FileName], IdentityOf(other.Id));
        Assert.Equal(other.Id, Assert.Throws<RunBusyException>(() => RunLock.Take(run)).Holder?.ProcessId);
        other.Kill();
        other.WaitForExit();
        RunLock.Take(run).Dispose();
    }

    [Theory]
    [InlineData("{ torn")]
    [InlineData("{\"process_id\": 1, \"boot_id\": \"another boot\", \"start_ticks\": 1}")]
    [InlineData("{\"process_id\": 1, \"process_id\": 2}")]
    public void A_holder_of_another_boot_or_an_unreadable_one_is_stale(string text)
    {
        File.WriteAllText(folder[RunLock.FileName], text);
        RunLock.Take(run).Dispose();
    }

    [Fact]
    public void A_process_id_that_was_given_again_is_another_process()
    {
        Assert.True(ProcessIdentity.Current.IsAlive);
        Assert.False((ProcessIdentity.Current with { StartTicks = 1 }).IsAlive);
        Assert.False((ProcessIdentity.Current with { ProcessId = int.MaxValue }).IsAlive);
    }

    private static string IdentityOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var ticks = long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19]);
        var identity = new ProcessIdentity(process, ProcessIdentity.Current.BootId, ticks);
        return JsonSerializer.Serialize(identity, RunJson.Default.ProcessIdentity);
    }
}
