using Figment.Data.Formats;
using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>Images from array files: IDX (alone, or a folder of MNIST-like ones), <c>.npy</c>, <c>.npz</c>.</summary>
internal static class ArrayFile
{
    private const string ShapeCure = "Images are stored as (N, H, W), (N, C, H, W) or (N, H, W, C) with C = 1 or 3";

    internal static RawSet Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? path[..^3] : path);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => new RawSet(name, FromNumpy(NpyArray.Read(path), null, path, name), null, null, false, []),
            ".npz" => FromArchive(path, name),
            _ => new RawSet(name, FromIdx(path, SiblingLabels(path), name), null, null, false, []),
        };
    }

    /// <summary>The four files of an MNIST-like set, if a folder holds at least the training images.</summary>
    internal static RawSet? ReadIdxFolder(string folder)
    {
        if (Find(folder, "train-images-idx3-ubyte") is not { } train)
            return null;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var test = Find(folder, "t10k-images-idx3-ubyte") ?? Find(folder, "test-images-idx3-ubyte");
        return new RawSet(name, FromIdx(train, SiblingLabels(train), $"{name}/train"), null,
            test is null ? null : FromIdx(test, SiblingLabels(test), $"{name}/test"), false, []);
    }

    private static MemoryImages FromIdx(string path, string? labelsPath, string name)
    {
        var images = IdxArray.Read(path);
        if (images.Dimensions.Count is not (3 or 4) || images.Values.IsEmpty)
        {
            throw new BadFileException(path, $"has the shape {string.Join(" x ", images.Dimensions)}", null, ShapeCure);
        }

        var (shape, pixels) = Planes(images.Values, [.. images.Dimensions.Select(size => (long)size)], path);
        int[]? labels = null;
        if (labelsPath is not null)
        {
            var read = IdxArray.Read(labelsPath);
            if (read.Dimensions.Count != 1 || read.Values.Length != images.Dimensions[0])
            {
                throw new BadFileException(labelsPath, $"has the shape {string.Join(" x ", read.Dimensions)} for "
                    + $"{images.Dimensions[0]} images", null, "Put the labels of these images beside them, or none");
            }

            labels = CardReader.LabelsOf(read);
        }

        return new MemoryImages(name, shape, pixels, labels);
    }

    private static RawSet FromArchive(string path, string name)
    {
        var arrays = NpzFile.Read(path);
        NpyArray? Get(params string[] names) =>
            names.Select(arrays.GetValueOrDefault).FirstOrDefault(a => a is not null);
        var images = Get("x_train", "train_images", "images", "x", "arr_0") ?? throw new BadFileException(path,
            $"holds no array of images; it has {string.Join(", ", arrays.Keys)}", null,
            "Call the images x_train or images, the labels y_train or labels, the test part x_test and y_test");
        var test = Get("x_test", "test_images");
        return new RawSet(name, FromNumpy(images, Get("y_train", "train_labels", "labels", "y"), path, $"{name}/train"),
            null,
            test is null ? null : FromNumpy(test, Get("y_test", "test_labels"), path, $"{name}/test"), false, []);
    }

    private static MemoryImages FromNumpy(NpyArray array, NpyArray? labels, string path, string name)
    {
        if (array.Shape.Count is not (3 or 4) || array.Count == 0)
            throw new BadFileException(path, $"has the shape ({string.Join(", ", array.Shape)})", null, ShapeCure);
        var (shape, pixels) = Planes(Bytes(array, path), [.. array.Shape], path);
        return new MemoryImages(name, shape, pixels, labels is null ? null : Labels(labels, array.Shape[0], path));
    }

    private static byte[] Bytes(NpyArray array, string path)
    {
        if (array.Kind == "u1")
            return array.As<byte>().ToArray();
        var bytes = new byte[array.Count];
        for (var i = 0; i < bytes.Length; i++)
        {
            var value = array.Kind switch
            {
                "f4" => array.As<float>()[i],
                "f8" => array.As<double>()[i],
                "f2" => (double)array.As<Half>()[i],
                "b1" => array.As<bool>()[i] ? 1.0 : 0.0,
                _ => throw new BadFileException(path, $"holds images of the type {array.Kind}", null,
                    "Store bytes (uint8), truth values, or numbers from 0 to 1"),
            };
            if (value is not (>= 0 and <= 1))
            {
                throw new BadFileException(path, $"holds the value {value} where 0 to 1 is expected", $"value {i}",
                    "Scale the images to 0 to 1, or store bytes");
            }

            bytes[i] = (byte)(value * 255 + 0.5);
        }

        return bytes;
    }

    private static int[] Labels(NpyArray labels, long count, string path)
    {
        if (labels.Count != count)
            throw new BadFileException(path, $"holds {labels.Count} labels for {count} images", null,
                "Store one label an image");
        var numbers = new int[labels.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var value = labels.Kind switch
            {
                "u1" => labels.As<byte>()[i],
                "i1" => labels.As<sbyte>()[i],
                "i2" => labels.As<short>()[i],
                "i4" => labels.As<int>()[i],
                "i8" => labels.As<long>()[i],
                _ =>
                    throw new BadFileException(path, $"holds labels of the type {labels.Kind}", null,
                        "Store whole numbers"),
            };
            if (value is < 0 or > 99_999)
                throw new BadFileException(path, $"holds the label {value}", $"label {i}", "Number the classes from 0");
            numbers[i] = (int)value;
        }

        return numbers;
    }

    // Planes of rows, whichever way the file has it. (N, H, W, C) is told by its last size.
    private static (ImageShape Shape, ReadOnlyMemory<byte> Pixels) Planes(ReadOnlyMemory<byte> values, long[] sizes,
        string path)
    {
        if (sizes.Length == 3)
            return (new ImageShape(1, (int)sizes[1], (int)sizes[2]), values);
        if (sizes[1] is 1 or 3)
            return (new ImageShape((int)sizes[1], (int)sizes[2], (int)sizes[3]), values);
        if (sizes[3] is not (1 or 3))
            throw new BadFileException(path, $"has the shape ({string.Join(", ", sizes)})", null, ShapeCure);
        var shape = new ImageShape((int)sizes[3], (int)sizes[1], (int)sizes[2]);
        var pixels = new byte[values.Length];
        for (var n = 0; n < sizes[0]; n++)
        {
            new Image(shape.Width, shape.Height, shape.Channels, values.Slice(n * shape.Length, shape.Length).ToArray())
                .CopyPlanes(pixels.AsSpan(n * shape.Length));
        }

        return (shape, pixels);
    }

    private static string? SiblingLabels(string images)
    {
        var name = Path.GetFileName(images);
        if (!name.Contains("images-idx3", StringComparison.Ordinal))
            return null;
        var labels = name.Replace("images-idx3", "labels-idx1", StringComparison.Ordinal);
        return Find(Path.GetDirectoryName(Path.GetFullPath(images))!,
            labels.EndsWith(".gz", StringComparison.Ordinal) ? labels[..^3] : labels);
    }

    private static string? Find(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? path : File.Exists(path + ".gz") ? path + ".gz" : null;
    }
}
