namespace Figment.Data.Catalog;

/// <summary>Only one process at a time fetches a data set; the others wait and then find it in the cache.</summary>
internal static class CacheLock
{
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
            catch (IOException error) when (error is not (DirectoryNotFoundException or PathTooLongException))
            {
                if (!told)
                    progress?.Report(new DataProgress(set, "waiting for another process that is fetching it"));
                told = true;
                cancellation.WaitHandle.WaitOne(100);
            }
        }
    }
}
