using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

/// <summary>Signals that come while matrices are multiplied (native/torch/products.cpp). Where they are let through, a handler's
/// frame falls on the heap and the process dies, so the failure is not one of a test but of the program.</summary>
[UnsupportedOSPlatform("windows")]
public partial class SignalTests : EngineTest
{
    private const int WindowChanged = 28;

    // Long inner sides: those for which oneDNN works with a stack of its own.
    [Theory]
    [InlineData(100, 240, 3920)]
    [InlineData(1200, 784, 1200)]
    public void Products_bear_signals(int m, int n, int k)
    {
        using var handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => { });
        nint multiplying = 0;
        var (done, failures) = (false, 0);
        var sender = new Thread(() =>
        {
            while (Volatile.Read(ref multiplying) == 0) Thread.Yield();
            for (var i = 0; !Volatile.Read(ref done); i++)
            {
                // The thread lives until this one is joined.
                failures += i % 2 == 0 ? SignalThread(multiplying, WindowChanged)
                    : SignalProcess(Environment.ProcessId, WindowChanged);
                Thread.SpinWait(2000);
            }
        });
        sender.Start();
        try
        {
            Volatile.Write(ref multiplying, CurrentThread());
            TensorScope.Run(() =>
            {
                using var rng = new Rng(1);
                var (a, b) = (rng.Normal([m, k]), rng.Normal([k, n]));
                var first = a.MatMul(b);
                for (var i = 0; i < 200; i++) TensorScope.Run(() => Assert.True(a.MatMul(b).Equal(first)));
            });
        }
        finally
        {
            Volatile.Write(ref done, true);
            sender.Join();
        }

        Assert.Equal(0, failures);
    }

    [LibraryImport("libc", EntryPoint = "pthread_self")]
    private static partial nint CurrentThread();

    [LibraryImport("libc", EntryPoint = "pthread_kill")]
    private static partial int SignalThread(nint thread, int signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SignalProcess(int process, int signal);
}
