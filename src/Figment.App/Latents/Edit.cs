using System.Globalization;

namespace Figment.App;

/// <summary>A picture changed through its code.</summary>
public sealed record EditRequest : PictureRequest
{
    /// <summary>What to edit, one a row: numbers of test images, <c>class:NAME</c>, or files.</summary>
    public IReadOnlyList<string> Images { get; init; } = [];

    /// <summary>Changes of single numbers of the code: <c>3=1.5</c> sets, <c>3+=1.5</c> adds, <c>3-=1.5</c>
    /// takes.</summary>
    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>Directions to add, each a name that was learned or a file, with an amount after a colon (else 1):
    /// <c>smiling:1.5</c>.</summary>
    public IReadOnlyList<string> Directions { get; init; } = [];

    /// <summary>Pictures from the first part of the change to the whole.</summary>
    public int Steps { get; init; } = 5;

    /// <summary>Gives every edited picture back what the code does not hold: original minus
    /// reconstruction.</summary>
    public bool KeepDetail { get; init; }
}

/// <summary>Edits pictures: encode, change the code, decode.</summary>
public static class Edit
{
    /// <summary>Draws a row for each picture: the original, its reconstruction, and the edit in equal steps.</summary>
    /// <exception cref="FigmentException">Nothing is to be edited or changed, or a word means nothing.</exception>
    public static PictureResult Run(EditRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Pictures.AtLeast(1, request.Steps, "steps");
        if (request.Images.Count == 0)
            throw new FigmentException("nothing is to be edited",
                "give --image with a test image's number or a file", isUsage: true);
        if (request.Changes.Count + request.Directions.Count == 0)
            throw new FigmentException("nothing is to be changed",
                "give --change 3=1.5 or --direction NAME; figment traverse shows what each number does", isUsage: true);
        using var trained = TrainedModel.Open(request.Source, progress);
        var space = new LatentSpace(trained, progress);
        var changes = request.Changes.Select(word => Change.Parse(word, space)).ToList();
        var directions = request.Directions.Select(Direction.Parse)
            .Select(part => (Way: Direction.Read(part.Name, trained, space.Size), part.Amount)).ToList();
        var data = trained.Data(progress, cancellation);
        var originals = ChosenPictures.Of(request.Images, trained, data, request.Seed);

        var path = new List<float[]>();
        foreach (var z in space.Encode(originals.Pixels))
        {
            var target = directions.Aggregate((float[])z.Clone(), (code, part) => part.Way.Move(code, part.Amount));
            foreach (var change in changes) change.Apply(target);
            for (var step = 0; step <= request.Steps; step++)
            {
                var t = (float)step / request.Steps;
                path.Add([.. z.Zip(target, (from, to) => from + (t * (to - from)))]);
            }
        }

        var decoded = space.Decode(path, cancellation);
        var (size, columns) = (trained.Shape.Length, request.Steps + 2);
        var cells = new float[originals.Count * columns * size];
        for (var row = 0; row < originals.Count; row++)
        {
            var original = originals.Pixels.AsSpan(row * size, size);
            var made = decoded.AsSpan(row * (columns - 1) * size, (columns - 1) * size);
            original.CopyTo(cells.AsSpan(row * columns * size));
            made.CopyTo(cells.AsSpan(((row * columns) + 1) * size));
            for (var step = 1; request.KeepDetail && step <= request.Steps; step++)
                for (var i = 0; i < size; i++)
                    cells[(((row * columns) + 1 + step) * size) + i] =
                        Math.Clamp(made[(step * size) + i] + original[i] - made[i], 0, 1);
        }

        return Pictures.Write(trained, request, "edit", cells, columns, new()
        {
            ["images"] = originals.Names,
            ["changes"] = string.Join(' ', request.Changes),
            ["directions"] = string.Join(' ', request.Directions),
            ["detail"] = request.KeepDetail ? "kept" : "as decoded",
        });
    }

    // One number of a code: set, or moved by.
    private sealed record Change(int Dimension, double Value, bool IsMove)
    {
        public static Change Parse(string word, LatentSpace space)
        {
            var at = word.IndexOf('=', StringComparison.Ordinal);
            var sign = at > 0 && word[at - 1] is '+' or '-' ? word[at - 1] : ' ';
            var name = at < 0 ? "" : word[..(sign == ' ' ? at : at - 1)];
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var dimension)
                || !double.TryParse(word[(at + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                || !double.IsFinite(value))
                throw new FigmentException($"'{word}' is no change of a code",
                    "write 3=1.5 to set the number 3, 3+=1.5 or 3-=1.5 to move it", isUsage: true);
            return new Change(space.CheckDimension(dimension), sign == '-' ? -value : value, sign != ' ');
        }

        public void Apply(float[] code) => code[Dimension] = (float)(Value + (IsMove ? code[Dimension] : 0));
    }
}
