using System.ComponentModel.DataAnnotations;
using Figment.Data.Catalog;
using Figment.Data.Images;
using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>Opens whatever the options name, and brings it into the form that models learn from.</summary>
public static class DataSets
{
    private static readonly string[] arrayExtensions = [".npy", ".npz", ".gz", ".idx"];

    /// <summary>Opens a data set: finds or fetches it, reads it, resizes it, cuts it into parts.</summary>
    /// <param name="options">Which, and how.</param>
    /// <param name="cache">Where card files are found and kept; null takes the places from the environment.</param>
    /// <param name="progress">Told what is going on.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="DataUnavailableException">A card's files could not be had.</exception>
    /// <exception cref="BadFileException">A file or folder cannot be read as images.</exception>
    /// <exception cref="ArgumentException">The options do not fit the data, or name nothing that exists.</exception>
    public static DataSplits Open(DataOptions options, DataCache? cache = null,
        IProgress<DataProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var faults = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), faults, validateAllProperties: true))
            throw new ArgumentException(string.Join(" ", faults.Select(fault => fault.ErrorMessage)), nameof(options));
        if (options.RandomCrop > 0 && options.Size == 0)
            throw new ArgumentException("A random crop needs a size: set both.", nameof(options));
        var geometry = new ImageGeometry(options.Size == 0 ? 0 : options.Size + options.RandomCrop, options.Channels,
            options.Fit);
        var card = DataCatalog.Find(options.Source);
        if (card is { RealValued: true } && (options is not { Size: 0, Channels: 0, Binarize: Binarization.None }
            || (options.Flip && card.Transform.AreNumbers)))
            throw new ArgumentException($"{card.Id} are real numbers, "
                + (card.Transform.AreNumbers ? "not pictures" : $"of patches of {card.Shape}")
                + ": leave out data.size, data.channels, data.binarize and data.flip.", nameof(options));
        var points = card is null && PointFile.Is(options.Source);
        if (points && options is not { Size: 0, Channels: 0, Binarize: Binarization.None, Flip: false, RandomCrop: 0 })
            throw new ArgumentException($"{options.Source} holds points, not pictures: leave out data.size, "
                + "data.channels, data.binarize, data.flip and data.random-crop.", nameof(options));
        var raw = card is not null
            ? CardReader.Read(card, (cache ?? new DataCache()).Load(card, progress, cancellation))
            : ReadPath(options.Source, geometry, progress, cancellation);
        var splits = Cut(raw with
        {
            Train = Shaped(raw.Train, geometry, cancellation),
            Validation = raw.Validation is null ? null : Shaped(raw.Validation, geometry, cancellation),
            Test = raw.Test is null ? null : Shaped(raw.Test, geometry, cancellation),
        }, options);
        return splits with
        {
            ResearchOnly = card?.ResearchOnly ?? false,
            Transform = (card?.Transform ?? (points ? PointFile.Transform : new ImageTransform())) with
            {
                Binarization = options.Binarize,
                FlipHorizontal = options.Flip,
                CropMargin = options.RandomCrop,
                RandomCrop = options.RandomCrop > 0,
            },
        };
    }

    private static RawSet ReadPath(string source, ImageGeometry geometry, IProgress<DataProgress>? progress,
        CancellationToken cancellation)
    {
        if (Directory.Exists(source))
            return ArrayFile.ReadIdxFolder(source) ?? ImageFolder.Read(source, geometry, progress, cancellation);
        if (File.Exists(source))
        {
            if (PointFile.Is(source)) return PointFile.Read(source);
            return arrayExtensions.Contains(Path.GetExtension(source).ToLowerInvariant())
                || source.EndsWith("-ubyte", StringComparison.Ordinal)
                ? ArrayFile.Read(source)
                : throw new BadFileException(source, "is not a kind of file that holds a data set", null,
                    "Name a folder of pictures, an IDX file (*-ubyte, .idx, .gz), a .npy or a .npz file, or points "
                        + "as a .csv file");
        }

        var hint = DataCatalog.Nearest(source) is { } nearest ? $"Did you mean '{nearest}'? " : "";
        throw new ArgumentException($"'{source}' is neither a data set nor a path that exists. {hint}Data sets: "
            + $"{string.Join(", ", DataCatalog.Cards.Select(card => card.Id))}; or name a folder of pictures.");
    }

    private static IImageSource Shaped(IImageSource source, ImageGeometry geometry, CancellationToken cancellation)
    {
        if (geometry.Keeps(source.Shape))
            return source;
        if (source is StackedDigits stacked && geometry.Channels != 1)
            return stacked.Of(Shaped(stacked.Digits, geometry with { Channels = 1 }, cancellation));
        Image At(int index) => geometry.Apply(Image.FromPlanes(source.Pixels(index), source.Shape));
        return MemoryImages.Fill(source.Name, At(0).Shape, source.Count, (i, planes) => At(i).CopyPlanes(planes.Span),
            source.HasLabels ? [.. Enumerable.Range(0, source.Count).Select(source.Label)] : null, source.ClassNames,
            cancellation, [.. Enumerable.Range(0, source.Count).Select(source.Caption)]);
    }

    private static DataSplits Cut(RawSet raw, DataOptions options)
    {
        var (train, validation, test) = (raw.Train, raw.Validation, raw.Test);
        var rules = new List<string>();
        if (validation is not null && options.Validation >= 0)
        {
            validation = null;
            rules.Add("the set's own validation part is not used");
        }

        string rule;
        if (validation is not null)
        {
            // Who brings training and validation parts does not expect the training part to shrink.
            if (test is null)
                (train, test, rule) = SplitRule.Hold(train, raw.Name, "test", Math.Max(0, options.Test), raw.Ordered);
            else
                rule = "the set's own parts";
        }
        else if (test is not null)
        {
            (train, validation, rule) = SplitRule.Hold(train, raw.Name, "validation", options.Validation, raw.Ordered);
        }
        else
        {
            (train, validation, test, rule) =
                SplitRule.Deal(train, raw.Name, options.Validation, options.Test, raw.Ordered);
        }

        rules.Add(rule);
        if (options.Limit > 0 && options.Limit < train.Count)
        {
            train = SplitRule.Take(train, options.Limit, raw.Ordered);
            rules.Add($"only {options.Limit:N0} of the training images");
        }

        return new DataSplits
        {
            Name = raw.Name,
            Train = train,
            Validation = validation,
            Test = test,
            Rule = string.Join("; ", rules),
            Notes = raw.Notes,
        };
    }
}
