using Figment.App;

namespace Figment.App.Tests;

/// <summary>A folder for one test, and events that are only kept.</summary>
internal sealed class Workspace : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("figment-test-").FullName;

    public string Runs => System.IO.Path.Combine(Path, "runs");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>Keeps what was told.</summary>
internal sealed class Events : IProgress<WorkEvent>
{
    public List<WorkEvent> Told { get; } = [];

    public Action<WorkEvent>? Then { get; init; }

    public void Report(WorkEvent value)
    {
        Told.Add(value);
        Then?.Invoke(value);
    }
}
