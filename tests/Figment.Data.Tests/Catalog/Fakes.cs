using Figment.Data.Catalog;

namespace Figment.Data.Tests.Catalog;

/// <summary>A package client that hands out one archive, or is not installed.</summary>
internal sealed class FakeClient(string command, string file, byte[]? archive) : IPackageClient
{
    internal List<string> Asked { get; } = [];

    internal Action Before { get; init; } = () => { };

    public string Command => command;

    public string Fetch(string package, string? version, string folder, CancellationToken cancellation)
    {
        lock (Asked)
            Asked.Add($"{package}@{version}");
        if (archive is null)
            throw new FetchException($"{command} is not installed");
        Before();
        var path = Path.Combine(folder, file);
        File.WriteAllBytes(path, archive);
        cancellation.ThrowIfCancellationRequested();
        return path;
    }
}

/// <summary>A server in the same process.</summary>
internal sealed class FakeServer(Func<HttpRequestMessage, int, HttpResponseMessage> answer) : HttpMessageHandler
{
    internal List<HttpRequestMessage> Requests { get; } = [];

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        return answer(request, Requests.Count);
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request,
        CancellationToken cancellationToken) =>
        Task.FromResult(Send(request, cancellationToken));
}

/// <summary>Progress on the thread that reports it.</summary>
internal sealed class Listener(Action<DataProgress> hear) : IProgress<DataProgress>
{
    public void Report(DataProgress value) => hear(value);
}
