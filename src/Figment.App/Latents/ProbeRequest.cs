using System.Globalization;
using System.Text.Json.Serialization;
using Figment.Evaluation;

namespace Figment.App;

/// <summary>Linear probes of the codes of one or several models.</summary>
public sealed record ProbeRequest
{
    /// <summary>The models, a row of the table each.</summary>
    public IReadOnlyList<ModelSource> Sources { get; init; } = [new()];

    /// <summary>A labelled data set or a folder of class folders; null takes each run's own data.</summary>
    public string? Data { get; init; }

    /// <summary>Labelled training images that the probe may see, drawn by the seed; 0 takes all.</summary>
    public int Labels { get; init; }

    /// <summary>Which numbers of the code the probe sees, each <c>3</c> or <c>0-14</c>; empty takes all. Of a code of
    /// style and class, say, the style alone.</summary>
    public IReadOnlyList<string> Numbers { get; init; } = [];

    /// <summary>Adds a row for the pixels themselves under the same probe, for each form of the data.</summary>
    public bool Pixels { get; init; }

    /// <summary>What is told: <c>test</c>, or <c>validation</c> to choose between models.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Only this many of the images to tell, evenly spaced over the split; 0 takes all.</summary>
    public int Limit { get; init; }

    /// <summary>Draws the labelled images, and the binarisation where the data have one.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>One row of the table.</summary>
/// <param name="Name">The run's id, or <c>pixels</c>.</param>
/// <param name="Model">The model's id; null for the pixels.</param>
/// <param name="Checkpoint">The checkpoint's step; null for the pixels.</param>
/// <param name="Dimensions">J, the numbers in a code, or those of them that the probe saw.</param>
/// <param name="Labels">Labelled training images that the probe saw.</param>
/// <param name="Penalty">The L2 weight that held-out labels chose.</param>
/// <param name="Accuracy">Images that are told right, in percent.</param>
/// <param name="StandardError">Of the accuracy, over the images that are told, in percent.</param>
/// <param name="Protocol">Data, hash, split, binarisation, labels, seed.</param>
public sealed record ProbeRow(string Name, string? Model, long? Checkpoint, int Dimensions, int Labels, double Penalty,
    double Accuracy, double StandardError, Protocol Protocol)
{
    /// <summary>The accuracy with its standard error.</summary>
    [JsonIgnore]
    public string AccuracyText =>
        string.Create(CultureInfo.InvariantCulture, $"{Accuracy:0.00} ± {StandardError:0.00} %");

    /// <summary>The data and their form, by which rows may be compared, in a few words.</summary>
    [JsonIgnore]
    public string DataText => Protocol.Binarization == "none" ? Protocol.Data
        : $"{Protocol.Data}, {Protocol.Binarization}";
}

/// <summary>Linear probes.</summary>
/// <param name="Rows">In the order of the request; pixels after the first model that sees them.</param>
public sealed record ProbeResult(IReadOnlyList<ProbeRow> Rows)
{
    /// <summary>What the rows depend on, a line for each protocol.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Protocols => [.. Rows.Select(row => row.Protocol.ToString()).Distinct()];
}
