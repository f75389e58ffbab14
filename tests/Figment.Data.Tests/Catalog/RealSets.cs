using Figment.Data.Catalog;
using Xunit;

namespace Figment.Data.Tests.Catalog;

/// <summary>The real data sets, where this machine has them; a test that needs one skips and says how to get
/// it.</summary>
internal static class RealSets
{
    internal static IReadOnlyDictionary<string, byte[]> Files(string id)
    {
        try
        {
            return new DataCache().Load(DataCatalog.Find(id)!);
        }
        catch (DataUnavailableException error)
        {
            Assert.Skip(error.Message);
            throw;
        }
    }

    internal static string Folder(string id)
    {
        var card = DataCatalog.Find(id)!;
        var found = new DataCache().Find(card);
        if (found.Place != DataPlace.SearchPath)
            Assert.Skip($"FIGMENT_DATA names no folder with {id}: copy its files there.");
        return found.Folder;
    }
}
