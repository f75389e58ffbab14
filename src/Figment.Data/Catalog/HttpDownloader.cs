using System.Net;
using System.Net.Http.Headers;

namespace Figment.Data.Catalog;

/// <summary>
/// Fetches a file over https into a partial file, which a later attempt continues. Redirects are followed only to
/// https addresses of hosts that are allowed.
/// </summary>
public sealed class HttpDownloader : IDisposable
{
    private const int MaximumRedirects = 5;
    private readonly HttpClient client;

    /// <summary>Prepares a client that follows no redirect on its own.</summary>
    /// <param name="handler">The transport; null for the system's.</param>
    public HttpDownloader(HttpMessageHandler? handler = null)
    {
        client = new HttpClient(handler ?? new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(15),
        })
        { Timeout = TimeSpan.FromMinutes(30) };
    }

    /// <summary>Fetches a file, or the rest of it.</summary>
    /// <param name="address">The https address.</param>
    /// <param name="part">The partial file; complete when this returns.</param>
    /// <param name="limit">The most bytes the file may have.</param>
    /// <param name="allowedHosts">Hosts that redirects may lead to, beside the address's own.</param>
    /// <param name="report">Told the bytes so far and the total (0 when unknown).</param>
    /// <param name="cancellation">Stops; what came so far is kept.</param>
    /// <exception cref="FetchException">The server cannot be reached, refuses, or sends too much or too
    /// little.</exception>
    public void Fetch(Uri address, string part, long limit, IReadOnlyCollection<string> allowedHosts,
        Action<long, long>? report, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(allowedHosts);
        try
        {
            var have = File.Exists(part) ? new FileInfo(part).Length : 0;
            using var response = Follow(address, have, allowedHosts, cancellation);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable && have > 0)
            {
                // The part is as long as the file, or longer: begin again.
                File.Delete(part);
                Fetch(address, part, limit, allowedHosts, report, cancellation);
                return;
            }

            if (!response.IsSuccessStatusCode)
                throw new FetchException($"{address} answered {(int)response.StatusCode} {response.ReasonPhrase}");
            var range = response.Content.Headers.ContentRange;
            var resumed = response.StatusCode == HttpStatusCode.PartialContent && range?.From == have;
            if (response.StatusCode == HttpStatusCode.PartialContent && !resumed)
                throw new FetchException($"{address} answered with another range than was asked for");
            var start = resumed ? have : 0;
            var total = response.Content.Headers.ContentLength is { } rest ? start + rest : 0;
            if (total > limit)
                throw new FetchException($"{address} offers {total:N0} bytes; at most {limit:N0} are expected");
            Save(response, part, start, total, limit, address, report, cancellation);
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or IOException
            && !cancellation.IsCancellationRequested)
        {
            throw new FetchException($"{address.Host} could not be reached or broke off: {error.Message}", error);
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => client.Dispose();

    private HttpResponseMessage Follow(Uri address, long have, IReadOnlyCollection<string> allowedHosts,
        CancellationToken cancellation)
    {
        var next = address;
        for (var hop = 0; hop <= MaximumRedirects; hop++)
        {
            if (next.Scheme != Uri.UriSchemeHttps)
                throw new FetchException($"{next} is not an https address");
            if (next.Host != address.Host && !allowedHosts.Contains(next.Host))
                throw new FetchException($"{address} leads to the unexpected host {next.Host}");
            using var request = new HttpRequestMessage(HttpMethod.Get, next);
            if (have > 0)
                request.Headers.Range = new RangeHeaderValue(have, null);
            var response = client.Send(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            if ((int)response.StatusCode is < 300 or > 399 || response.Headers.Location is not { } location)
                return response;
            response.Dispose();
            next = location.IsAbsoluteUri ? location : new Uri(next, location);
        }

        throw new FetchException($"{address} redirects more than {MaximumRedirects} times");
    }

    private static void Save(HttpResponseMessage response, string part, long start, long total, long limit, Uri address,
        Action<long, long>? report, CancellationToken cancellation)
    {
        using var target = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        target.SetLength(start);
        target.Position = start;
        using var body = response.Content.ReadAsStream(cancellation);
        var buffer = new byte[1 << 16];
        var done = start;
        for (int read; (read = body.Read(buffer)) > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            done += read;
            if (done > limit)
                throw new FetchException($"{address} sends more than the {limit:N0} bytes expected");
            target.Write(buffer.AsSpan(0, read));
            report?.Invoke(done, total);
        }

        if (total > 0 && done != total)
            throw new FetchException($"{address} broke off after {done:N0} of {total:N0} bytes");
    }
}
