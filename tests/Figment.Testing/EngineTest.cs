using Figment.Torch;

namespace Figment.Testing;

/// <summary>
/// Base of test classes that use the engine: after each test no tensor may live that did not before it. The test's
/// assembly must not run classes in parallel (<c>DisableTestParallelization</c>), as the count is the process's.
/// </summary>
public abstract class EngineTest : IDisposable
{
    private readonly long before;

    /// <summary>
    /// The device that device-generic tests run on: <c>FIGMENT_TEST_DEVICE</c> (<c>cpu</c>, <c>cuda:N</c>), else the CPU.
    /// </summary>
    protected static Device TestDevice { get; } =
        Device.Parse(Environment.GetEnvironmentVariable("FIGMENT_TEST_DEVICE") is { Length: > 0 } name ? name : "cpu");

    /// <summary>Counts the live tensors.</summary>
    protected EngineTest()
    {
        Collect();
        before = Tensor.LiveCount;
    }

    /// <summary>Compares the count.</summary>
    /// <exception cref="TensorLeakException">More tensors live than before the test.</exception>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
        Collect();
        if (Tensor.LiveCount > before)
            throw new TensorLeakException(Tensor.LiveCount - before);
    }

    /// <summary>Releases what the test class itself holds; runs before the count.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Tensors that no scope owns are the garbage collector's; let it take what it can.</summary>
    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}

/// <summary>A test left tensors alive.</summary>
public sealed class TensorLeakException(long count) : Exception(
    $"{count} tensors live on after the test: dispose modules and optimisers, and make the rest in a TensorScope.");
