using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Figment.Data.Images;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Testing;
using Figment.Torch;
using Figment.Training.Distributed;

namespace Figment.Training.Tests.Distributed;

/// <summary>Ranks that cannot meet, that have different jobs, or that fail.</summary>
public sealed class HostileTests : EngineTest
{
    private readonly SharedBench bench = new();

    protected override void Dispose(bool disposing)
    {
        bench.Dispose();
        base.Dispose(disposing);
    }

    [Fact]
    public void A_port_in_use_is_told()
    {
        using var listener = new TcpListener(IPAddress.IPv6Any, 0);
        listener.Server.DualMode = true;
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var error = Assert.Throws<TorchException>(
            () => ProcessGroup.Join("127.0.0.1", port, 0, 2, TimeSpan.FromSeconds(5)));
        Assert.Contains("already in use", error.Message);
    }

    [Fact]
    public void An_address_where_nobody_listens_is_given_up_in_time()
    {
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<TorchException>(
            () => ProcessGroup.Join("127.0.0.1", RankThreads.FreePort(), 1, 2, TimeSpan.FromSeconds(2)));
        Assert.Contains("127.0.0.1", error.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(-1, 2)]
    [InlineData(0, 0)]
    public void A_rank_outside_of_the_group_is_refused(int rank, int size) => Assert.Throws<ArgumentOutOfRangeException>(
        () => ProcessGroup.Join("127.0.0.1", 1, rank, size, TimeSpan.FromSeconds(1)));

    [Fact]
    public void Models_that_differ_are_told_with_the_first_parameter()
    {
        var made = 0;
        var error = Assert.Throws<AggregateException>(() => bench.Train(2,
            () => new NoisyTask(hidden: Interlocked.Increment(ref made) == 1 ? 24 : 20), SharedBench.Plan));
        Assert.All(error.InnerExceptions, e => Assert.Contains("the parameter 'encode.weight'",
            Assert.IsType<RanksDifferException>(e).Message));
    }

    [Fact]
    public void Data_that_differ_are_told()
    {
        var error = Assert.Throws<AggregateException>(() => bench.Train(2, () => new NoisyTask(), SharedBench.Plan,
            job => job.Ranks.IsFirst ? job : job with { Data = Other(job.Data) }));
        Assert.All(error.InnerExceptions, e => Assert.Contains("the data", Assert.IsType<RanksDifferException>(e).Message));
    }

    [Fact]
    public void A_rank_that_fails_ends_the_others_with_its_reason()
    {
        var clock = Stopwatch.StartNew();
        var made = 0;
        var error = Assert.Throws<AggregateException>(() => bench.Train(3,
            () => new NoisyTask { Before = Interlocked.Increment(ref made) == 1 ? Fail : null }, SharedBench.Plan));
        Assert.Equal(2, error.InnerExceptions.Count(e => e.Message.Contains(" failed: the disk is gone")));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{clock.Elapsed}");
    }

    [Fact]
    public async Task A_rank_that_dies_between_meeting_and_connecting_is_named_within_seconds()
    {
        // It comes to the store as PyTorch does, gives one sign of life, and is gone.
        const string python = "/usr/bin/python3";
        if (!File.Exists(python)) Assert.Skip($"{python} is missing: apt install python3-torch");
        var port = RankThreads.FreePort();
        using var other = Process.Start(new ProcessStartInfo(python, ["-c", $"""
            import torch.distributed
            store = torch.distributed.TCPStore('127.0.0.1', {port}, 2, False)
            store.add('figment/beat/1', 1)
            """]) { RedirectStandardError = true })!;
        var complaint = other.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var met = Task.Run(() => ProcessGroup.Join("127.0.0.1", port, 0, 2, TimeSpan.FromSeconds(60)),
            TestContext.Current.CancellationToken);
        await other.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (other.ExitCode != 0) Assert.Skip($"python3-torch is missing: {await complaint}");
        var clock = Stopwatch.StartNew();
        var error = await Assert.ThrowsAsync<TorchException>(() => met);
        Assert.Contains("rank 1 is lost", error.Message);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(12), $"{clock.Elapsed}");
    }

    private static void Fail(long step)
    {
        if (step == 5)
            throw new IOException("the disk is gone");
    }

    private static DataLoader Other(DataLoader own) => new(
        new MemoryImages("toy", new ImageShape(1, 4, 4), new byte[75 * 16]),
        new LoaderOptions { BatchSize = 10, Seed = 3, Rank = own.Share.Rank, Ranks = own.Share.Ranks });
}
