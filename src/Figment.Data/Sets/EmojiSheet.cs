using System.Text.Json;
using Figment.Data.Catalog;
using Figment.Data.Formats;
using Figment.Data.Images;

namespace Figment.Data.Sets;

/// <summary>
/// Emoji cut out of one large picture. The list beside it tells of each its name, its category and the column and row
/// of its cell, which has a margin of one pixel around the picture. They come in the list's order.
/// </summary>
internal static class EmojiSheet
{
    // Swatches of colour and no pictures of anything.
    private const string LeftOut = "Component";
    private const int MostEmoji = 100_000, Margin = 1;

    internal static MemoryImages Read(DataCard card, byte[] sheet, byte[] list, string name)
    {
        var (sheetName, listName) = (card.Train.Images, card.Train.Labels!);
        var emoji = Emoji(card, list, listName);
        if (emoji.Count == 0) throw new BadFileException(listName, "names no emoji", null, GzipFile.Damaged);
        var picture = Image.Decode(sheet, sheetName, channels: 3);
        var (side, cell) = (card.Shape.Width, card.Shape.Width + (2 * Margin));
        foreach (var one in emoji)
        {
            if (one.Column < 0 || one.Row < 0 || (one.Column + 1L) * cell > picture.Width
                || (one.Row + 1L) * cell > picture.Height)
            {
                throw new BadFileException(listName, $"puts '{one.Name}' at column {one.Column}, row {one.Row}, which "
                    + $"the sheet of {picture.Width} x {picture.Height} pixels has not", null, GzipFile.Damaged);
            }
        }

        return MemoryImages.Fill(name, card.Shape, emoji.Count,
            (i, planes) => picture
                .Crop((emoji[i].Column * cell) + Margin, (emoji[i].Row * cell) + Margin, side, side)
                .CopyPlanes(planes.Span),
            [.. emoji.Select(one => one.Label)], card.ClassNames, CancellationToken.None,
            [.. emoji.Select(one => one.Name)]);
    }

    private static List<Picture> Emoji(DataCard card, byte[] list, string name)
    {
        var (emoji, classes) = (new List<Picture>(), card.ClassNames.ToList());
        try
        {
            using var document = JsonDocument.Parse(list);
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                var category = entry.GetProperty("category").GetString();
                if (category == LeftOut) continue;
                var label = classes.IndexOf(category!);
                if (label < 0 || emoji.Count == MostEmoji)
                {
                    throw new BadFileException(name, label < 0 ? $"has the unknown category '{category}'"
                        : $"names more than {MostEmoji:N0} emoji", $"emoji {emoji.Count}", GzipFile.Damaged);
                }

                // Unicode's names are written in capitals, flags' are not.
                var said = entry.GetProperty("name").GetString() ?? throw new FormatException("an emoji has no name");
                emoji.Add(new Picture(said.ToLowerInvariant(), label, entry.GetProperty("sheet_x").GetInt32(),
                    entry.GetProperty("sheet_y").GetInt32()));
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException)
        {
            throw new BadFileException(name, $"is no list of emoji: {error.Message}", $"emoji {emoji.Count}",
                GzipFile.Damaged, error);
        }

        return emoji;
    }

    private sealed record Picture(string Name, int Label, int Column, int Row);
}
