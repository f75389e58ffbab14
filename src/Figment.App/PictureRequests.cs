namespace Figment.App;

/// <summary>Which trained model to use.</summary>
public sealed record ModelSource
{
    /// <summary>The run: an id, the beginning of one, a name, <c>latest</c>, or a run's folder.</summary>
    public string Run { get; init; } = "latest";

    /// <summary><c>latest</c>, <c>best</c>, or a step.</summary>
    public string Checkpoint { get; init; } = "latest";

    /// <summary>The folder of runs.</summary>
    public string RunsFolder { get; init; } = Runs.DefaultFolder;

    /// <summary>Where to compute, whatever the run was trained on: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; init; } = "cpu";
}

/// <summary>What every request for a picture says.</summary>
public abstract record PictureRequest
{
    /// <summary>The model.</summary>
    public ModelSource Source { get; init; } = new();

    /// <summary>The PNG file to write; null puts it into the run's folder of samples.</summary>
    public string? Out { get; init; }

    /// <summary>Seed of the draws.</summary>
    public ulong Seed { get; init; }

    /// <summary>Each pixel becomes a block of this many by as many.</summary>
    public int Scale { get; init; } = 2;

    /// <summary>The command line, written into the picture.</summary>
    public string? Command { get; init; }
}

/// <summary>A grid of new images.</summary>
public sealed record SampleRequest : PictureRequest
{
    /// <summary>How many; of each class where all classes are asked for.</summary>
    public int Count { get; init; } = 100;

    /// <summary>The word that asks for every class, one a row.</summary>
    public const string AllClasses = "all";

    /// <summary>A class's number, or <c>all</c> for one row of each; null draws from p(x).</summary>
    public string? Class { get; init; }

    /// <summary>Images in a row; 0 makes the grid as square as can be.</summary>
    public int Columns { get; init; }

    /// <summary>Draws of each pixel instead of the means, which look cleaner.</summary>
    public bool DrawPixels { get; init; }

    /// <summary>Draws numbers of the noise beyond this many standard deviations again; null keeps them.</summary>
    public double? Truncation { get; init; }
}

/// <summary>Test images above what the model makes of them.</summary>
public sealed record ReconstructRequest : PictureRequest
{
    /// <summary>How many.</summary>
    public int Count { get; init; } = 16;

    /// <summary>Draws the code from its distribution instead of taking its mean.</summary>
    public bool DrawCode { get; init; }
}

/// <summary>A picture that was written.</summary>
/// <param name="Path">The PNG file.</param>
/// <param name="Images">Images in it.</param>
/// <param name="Width">Of the picture, in pixels.</param>
/// <param name="Height">Of the picture, in pixels.</param>
/// <param name="Settings">What it carries inside: command, run, checkpoint, seed.</param>
public sealed record PictureResult(string Path, int Images, int Width, int Height,
    IReadOnlyDictionary<string, string> Settings);
