namespace Figment.Training.Tests;

/// <summary>A folder of the test's own, removed with it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    // In memory where that is possible: syncing to a busy disk is slow, and what is tested is the order of operations.
    public TemporaryFolder() => FullPath = Directory.Exists("/dev/shm")
        ? Directory.CreateDirectory($"/dev/shm/figment-training-{Guid.NewGuid():N}").FullName
        : Directory.CreateTempSubdirectory("figment-training-").FullName;

    public string FullPath { get; }

    public string this[string name] => Path.Combine(FullPath, name);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}

/// <summary>A clock that stands still until told otherwise.</summary>
internal sealed class FixedClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = new(2026, 11, 21, 10, 12, 3, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => Now;
}
