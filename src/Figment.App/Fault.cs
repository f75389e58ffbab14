using Figment.Data;
using Figment.Data.Catalog;
using Figment.Data.Native;
using Figment.Nn;
using Figment.Nn.Serialization;
using Figment.Torch.Runtime;
using Figment.Training.Distributed;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>An error as a person needs it: what happened, where, and what to do.</summary>
/// <param name="What">What happened, a sentence.</param>
/// <param name="Cure">What to do about it, or null where nothing is known.</param>
/// <param name="IsUsage">The request was wrong; nothing was begun.</param>
/// <param name="IsUnexpected">Not an error that the program foresees: its origin matters.</param>
public sealed record Fault(string What, string? Cure = null, bool IsUsage = false, bool IsUnexpected = false)
{
    /// <summary>Describes an exception of any layer.</summary>
    public static Fault Of(Exception error) => error switch
    {
        FigmentException own => own.Fault,
        LibTorchMissingException or MediaLibraryMissingException => new(error.Message),
        BadFileException or TuningException or DataUnavailableException => new(error.Message),
        StateDictException or SafeTensorsException => new(error.Message),
        ArgumentException { ParamName: null or "options" } => new(error.Message, IsUsage: true),
        OptionsException => new(error.Message, IsUsage: true),
        RankSettingsException or RanksDifferException => new(error.Message, IsUsage: true),
        RunNotFoundException => new(error.Message, IsUsage: true),
        DiskFullException => new(error.Message),
        IOException io when DiskFullException.Is(io) =>
            new("the disk is full: " + error.Message, "free some space; the last checkpoint is kept"),
        UnauthorizedAccessException or FileNotFoundException or DirectoryNotFoundException => new(error.Message),
        IOException => new(error.Message),
        OutOfMemoryException => new("the memory is used up", "take a smaller batch (--set plan.batch=...)"),
        _ => new($"{error.Message} ({error.GetType().Name})", IsUnexpected: true),
    };

    /// <inheritdoc/>
    public override string ToString()
    {
        var what = What.TrimEnd();
        if (what.Length > 0 && !".!?".Contains(what[^1], StringComparison.Ordinal)) what += ".";
        if (Cure is null) return what;
        var cure = char.ToUpperInvariant(Cure[0]) + Cure[1..].TrimEnd();
        return $"{what} {cure}{(".!?".Contains(cure[^1], StringComparison.Ordinal) ? "" : ".")}";
    }
}

/// <summary>An error that App itself foresees.</summary>
public sealed class FigmentException : Exception
{
    /// <summary>Makes the exception from a description.</summary>
    public FigmentException(Fault fault, Exception? inner = null)
        : base(fault.ToString(), inner) => Fault = fault;

    /// <summary>Makes the exception from its parts.</summary>
    public FigmentException(string what, string? cure = null, bool isUsage = false)
        : this(new Fault(what, cure, isUsage)) { }

    /// <summary>What happened and what to do.</summary>
    public Fault Fault { get; }
}
