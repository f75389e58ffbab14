namespace Figment.Data.Catalog;

/// <summary>Only one process at a time fetches a data set; the others wait and then find it in the cache.</summary>
internal static class CacheLock
{
    // EWOULDBLOCK: the file is there and another process holds it. Any other fault would never pass by waiting.
    private const int HeldOnLinux = 11, HeldOnMac = 35;

    internal static FileStream Take(string path, string set, IProgress<DataProgress>? progress,
        CancellationToken cancellation)
    {
        var told = false;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException error) when (error.HResult is HeldOnLinux or HeldOnMac)
            {
                if (!told)
                    progress?.Report(new DataProgress(set, "waiting for another process that is fetching it"));
                told = true;
                cancellation.WaitHandle.WaitOne(100);
            }
        }
    }
}
