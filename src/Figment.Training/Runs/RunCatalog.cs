namespace Figment.Training.Runs;

/// <summary>All runs of a folder: the folder is the database.</summary>
public sealed class RunCatalog(string path)
{
    /// <summary>The word that finds the newest run.</summary>
    public const string Latest = "latest";

    /// <summary>The folder that holds the runs.</summary>
    public string FullPath { get; } = Path.GetFullPath(path);

    /// <summary>Ids of all runs, newest first. Folders that are not named like runs are not seen.</summary>
    public IReadOnlyList<string> Ids()
    {
        if (!Directory.Exists(FullPath))
            return [];
        using var root = RunDirectory.Open(FullPath);
        return [.. root.List("").Where(e => e.IsFolder && RunId.IsValid(e.Name)).Select(e => e.Name).Reverse()];
    }

    /// <summary>Opens each run in turn, newest first; runs whose record cannot be read are passed over.</summary>
    public IEnumerable<RunView> Runs()
    {
        foreach (var id in Ids())
        {
            RunView view;
            try
            {
                view = Open(id);
            }
            catch (Exception error) when (error is IOException or InvalidDataException)
            {
                continue;
            }
            yield return view;
        }
    }

    /// <summary>The id that a query means: an id, the beginning or the name of exactly one run, or
    /// <c>latest</c>.</summary>
    /// <exception cref="RunNotFoundException">No run fits, or several do.</exception>
    public string Find(string query)
    {
        var ids = Ids();
        if (query == Latest)
            return ids.Count > 0 ? ids[0] : throw new RunNotFoundException($"there is no run in '{FullPath}' yet");
        if (ids.Contains(query))
            return query;
        var fitting = ids.Where(id => id.StartsWith(query, StringComparison.Ordinal)).ToList();
        if (fitting.Count == 0)
            fitting = [.. ids.Where(id => NameOf(id) == query)];
        return fitting switch
        {
            [var only] => only,
            [] => throw new RunNotFoundException(Missing(query, ids)),
            _ => throw new RunNotFoundException(
                $"'{query}' fits {fitting.Count} runs: {string.Join(", ", fitting.Take(5))}"
                + (fitting.Count > 5 ? ", ..." : "") + "; give more of the id"),
        };
    }

    /// <summary>Opens a run by its exact id.</summary>
    /// <exception cref="RunNotFoundException">The text is not an id, or no such run exists.</exception>
    public RunView Open(string id)
    {
        if (!RunId.IsValid(id))
            throw new RunNotFoundException($"'{id}' is not a run's id");
        try
        {
            using var root = RunDirectory.Open(FullPath);
            return RunView.Open(root.OpenFolder(id));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RunNotFoundException($"there is no run '{id}' in '{FullPath}'", error);
        }
    }

    private string Missing(string query, IReadOnlyList<string> ids)
    {
        var near = Options.OptionNames.Nearest(query, ids.Concat(ids.Select(NameOf)).Append(Latest).Distinct());
        return $"no run in '{FullPath}' is called '{query}'" + (near is null ? "" : $"; did you mean '{near}'?");
    }

    private static string NameOf(string id) => id[20..id.LastIndexOf("_s", StringComparison.Ordinal)];
}

/// <summary>No run, or no single run, fits what was asked for.</summary>
public sealed class RunNotFoundException(string message, Exception? cause = null) : IOException(message, cause);
