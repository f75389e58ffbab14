using System.Collections.Concurrent;
using System.IO.Enumeration;
using Figment.Data.Catalog;
using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>
/// A user's folder of PNG and JPEG pictures. Sub-folders are classes; sub-folders called train, val and test are parts,
/// each with its classes. Pictures of any size are brought to the wanted one, and to 64 x 64 if none is wanted and they
/// differ; what cannot be read is skipped and told.
/// </summary>
internal static class ImageFolder
{
    private const int MostToldFiles = 20;
    private const int CommonSize = 64;
    private static readonly string[] extensions = [".png", ".jpg", ".jpeg"];
    private static readonly string[] trainNames = ["train", "training"];
    private static readonly string[] validationNames = ["val", "valid", "validation"];
    private static readonly string[] testNames = ["test", "testing"];

    internal static RawSet Read(string path, ImageGeometry geometry, IProgress<DataProgress>? progress,
        CancellationToken cancellation)
    {
        var root = Path.GetFullPath(path);
        var subFolders = Directory.GetDirectories(root).Select(folder => Path.GetFileName(folder)!)
            .Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal).ToList();
        string? Named(string[] names) => subFolders.Find(folder => names.Contains(folder.ToLowerInvariant()));
        var (train, validation, test) = (Named(trainNames), Named(validationNames), Named(testNames));
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(root));
        if (train is null || (validation ?? test) is null)
            return Whole(root, name, geometry, progress, cancellation);

        var notes = new List<string>();
        var trained = Part(Path.Combine(root, train), $"{name}/train", null, geometry, notes, progress, cancellation);
        MemoryImages? Other(string? folder, string part) => folder is null ? null : Part(Path.Combine(root, folder),
            $"{name}/{part}", trained, Like(trained.Shape, geometry), notes, progress, cancellation);
        return new RawSet(name, trained, Other(validation, "validation"), Other(test, "test"), Ordered: true, notes);
    }

    // The other parts come in the training part's form, where a size can say it.
    private static ImageGeometry Like(ImageShape shape, ImageGeometry geometry) => geometry with
    {
        Channels = shape.Channels,
        Size = geometry.Size == 0 && shape.Height == shape.Width ? shape.Height : geometry.Size,
    };

    private static RawSet Whole(string root, string name, ImageGeometry geometry, IProgress<DataProgress>? progress,
        CancellationToken cancellation)
    {
        var notes = new List<string>();
        return new RawSet(name, Part(root, name, null, geometry, notes, progress, cancellation), null, null,
            Ordered: true,
            notes);
    }

    private static MemoryImages Part(string root, string name, MemoryImages? like, ImageGeometry geometry,
        List<string> notes, IProgress<DataProgress>? progress, CancellationToken cancellation)
    {
        var files = Files(root);
        var classes = like is not null ? [.. like.ClassNames] : files.Where(file => file.Class.Length > 0)
            .Select(file => file.Class).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var skipped = new ConcurrentBag<(string File, string Why)>();
        var used = files;
        if (classes.Count > 0)
        {
            used = [.. files.Where(file => classes.Contains(file.Class))];
            foreach (var file in files.Except(used))
            {
                skipped.Add((file.Relative, file.Class.Length == 0
                    ? "lies beside the class folders" : $"its class '{file.Class}' is not in the training part"));
            }
        }

        var isFree = like is null && geometry.Size == 0;
        var images = Decode(root, name, used, geometry, isFree, skipped, progress, cancellation);
        if (images is null)
        {
            notes.Add($"{root}: pictures of different sizes, brought to {CommonSize} x {CommonSize}; "
                + "choose another size with --size");
            images = Decode(root, name, used, geometry with { Size = CommonSize }, false, skipped, progress,
                cancellation)!;
        }

        Tell(notes, root, files.Count, [.. skipped.OrderBy(pair => pair.File, StringComparer.Ordinal)]);
        var kept = Enumerable.Range(0, used.Count).Where(n => images[n] is not null).ToList();
        if (kept.Count == 0)
        {
            throw new BadFileException(root, files.Count == 0 ? "holds no .png, .jpg or .jpeg picture"
                : $"holds {files.Count:N0} pictures, but none could be used", null,
                string.Join("; ", notes.Append("Name a folder of pictures, or of one sub-folder of pictures a class")));
        }

        var channels = geometry.Channels > 0 ? geometry.Channels
            : kept.TrueForAll(n => images[n]!.Channels == 1) ? 1 : 3;
        var shape = CommonShape(root, kept.ConvertAll(n => (used[n].Relative, images[n]!)), channels);
        var labels = classes.Count > 0 ? kept.ConvertAll(n => classes.IndexOf(used[n].Class)).ToArray() : null;
        return MemoryImages.Fill(name, shape, kept.Count,
            (i, planes) => images[kept[i]]!.WithChannels(channels).CopyPlanes(planes.Span), labels, classes,
            cancellation);
    }

    // Null where the pictures are to have one size and have not: the rest is then not read.
    private static Image?[]? Decode(string root, string name, List<PictureFile> files, ImageGeometry geometry,
        bool isOneSize, ConcurrentBag<(string File, string Why)> skipped, IProgress<DataProgress>? progress,
        CancellationToken cancellation)
    {
        var images = new Image?[files.Count];
        var unread = new ConcurrentBag<(string File, string Why)>();
        var (done, first) = (0, (Image?)null);
        var loop = Parallel.For(0, files.Count, new ParallelOptions { CancellationToken = cancellation }, (n, state) =>
        {
            try
            {
                var image = Image.Read(Path.Combine(root, files[n].Relative), geometry.Channels);
                // Transparency goes here, so that the two kinds that remain are grey and colour.
                image = images[n] = geometry.Apply(image.Channels == 4 ? image.WithChannels(3) : image);
                var other = isOneSize ? Interlocked.CompareExchange(ref first, image, null) : null;
                if (other is not null && (other.Width, other.Height) != (image.Width, image.Height)) state.Stop();
            }
            catch (BadFileException error)
            {
                unread.Add((files[n].Relative, error.Where is null ? error.Problem
                    : $"{error.Problem} ({error.Where})"));
            }

            var count = Interlocked.Increment(ref done);
            if (count % 256 == 0 || count == files.Count)
                progress?.Report(new DataProgress(name, "reading pictures", count, files.Count));
        });
        if (!loop.IsCompleted) return null;
        foreach (var file in unread) skipped.Add(file);
        return images;
    }

    private static ImageShape CommonShape(string root, List<(string File, Image Image)> images, int channels)
    {
        var first = images[0];
        foreach (var (file, image) in images)
        {
            if (image.Width != first.Image.Width || image.Height != first.Image.Height)
            {
                throw new BadFileException(root,
                    $"holds pictures of different sizes: {first.File} is {first.Image.Width} x "
                    + $"{first.Image.Height}, {file} is {image.Width} x {image.Height}", null,
                    "Choose one size for all with --size, such as --size 64");
            }
        }

        return first.Image.Shape with { Channels = channels };
    }

    private static void Tell(List<string> notes, string root, int total, (string File, string Why)[] skipped)
    {
        if (skipped.Length == 0)
            return;
        notes.Add($"{root}: skipped {skipped.Length:N0} of {total:N0} pictures");
        notes.AddRange(skipped.Take(MostToldFiles).Select(pair => $"  {pair.File}: {pair.Why}"));
        if (skipped.Length > MostToldFiles)
            notes.Add($"  and {skipped.Length - MostToldFiles:N0} more");
    }

    // Sorted by name, so that labels and splits do not depend on the file system. Folders that are links are not
    // entered: they may lead round in circles.
    private static List<PictureFile> Files(string root) =>
        [.. new FileSystemEnumerable<string>(root, (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) =>
                !entry.IsDirectory && !entry.FileName.StartsWith(".")
                && IsPicture(entry.FileName),
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                (entry.Attributes & FileAttributes.ReparsePoint) == 0 && !entry.FileName.StartsWith("."),
        }
        .Select(path => Path.GetRelativePath(root, path))
        .Order(StringComparer.Ordinal)
        .Select(relative => new PictureFile(relative,
            relative.IndexOf(Path.DirectorySeparatorChar) is > 0 and var end ? relative[..end] : ""))];

    private static bool IsPicture(ReadOnlySpan<char> name)
    {
        foreach (var extension in extensions)
        {
            if (name.EndsWith(extension, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private sealed record PictureFile(string Relative, string Class);
}
