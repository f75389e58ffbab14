using Figment.Data.Images;
using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Density;

/// <summary>
/// An image as a sequence of D = C H W numbers: pixel by pixel in an order that is kept with the model's weights, and
/// the channels of one pixel one after another.
/// </summary>
public sealed partial class PixelSequence : Module
{
    /// <param name="order">In which order pixels follow each other.</param>
    /// <param name="shape">Of one image.</param>
    /// <param name="rng">Draws the random order.</param>
    public PixelSequence(PixelOrder order, ImageShape shape, Rng rng)
    {
        Shape = shape;
        var pixels = shape.Height * shape.Width;
        var places = order.Positions(shape.Height, shape.Width, rng)
            .SelectMany(pixel => Enumerable.Range(0, shape.Channels)
                .Select(channel => (channel * (long)pixels) + pixel)).ToArray();
        Order = new Buffer(Tensor.From(places, places.Length));
    }

    /// <summary>Of one image.</summary>
    public ImageShape Shape { get; }

    /// <summary>(D), Int64: entry i is the index, in an image of C x H x W numbers, of the i-th number of the
    /// sequence.</summary>
    public Buffer Order { get; }

    /// <summary>D.</summary>
    public int Length => Shape.Length;

    /// <summary>The sequences of images.</summary>
    /// <param name="images">(B, C, H, W)</param>
    /// <returns>(B, D)</returns>
    public Tensor Of(Tensor images)
    {
        if (images.Rank != 4 || images.Size(1) != Shape.Channels || images.Size(2) != Shape.Height
            || images.Size(3) != Shape.Width)
            throw new ArgumentException(
                $"the model is of images of {Shape}, these are [{string.Join(", ", images.Shape.ToArray())}]");
        return images.Reshape(images.Size(0), Length).IndexSelect(1, Order);
    }

    /// <summary>The images of sequences.</summary>
    /// <param name="sequences">(B, D)</param>
    /// <returns>(B, C, H, W)</returns>
    public Tensor Images(Tensor sequences) => sequences.IndexSelect(1, Order.ArgSort())
        .View(sequences.Size(0), Shape.Channels, Shape.Height, Shape.Width);

    /// <summary>Which numbers of the sequence a mask gives.</summary>
    /// <param name="given">Height by width: true where the pixel is given.</param>
    /// <exception cref="ArgumentException">The mask has another size than the images.</exception>
    public bool[] Given(bool[,] given)
    {
        ArgumentNullException.ThrowIfNull(given);
        if (given.GetLength(0) != Shape.Height || given.GetLength(1) != Shape.Width)
            throw new ArgumentException(
                $"the mask is {given.GetLength(0)}x{given.GetLength(1)}, the images are {Shape}", nameof(given));
        var pixels = Shape.Height * Shape.Width;
        return [.. Order.ToArray<long>().Select(place => given[place % pixels / Shape.Width, place % Shape.Width])];
    }

    /// <summary>How many numbers the mask gives when they are the first of the order, as models that go through the
    /// pixels in one order need it.</summary>
    /// <returns>The number, or null with the reason why there is none.</returns>
    public (int? Count, string? Why) Prefix(bool[,] given)
    {
        var flags = Given(given);
        var count = flags.TakeWhile(flag => flag).Count();
        if (!flags.Skip(count).Contains(true)) return (count, null);
        var late = Order.ToArray<long>()[Array.IndexOf(flags, true, count)] % (Shape.Height * Shape.Width);
        return (null, $"the pixel at row {late / Shape.Width}, column {late % Shape.Width} is given but comes after "
            + "missing ones in the model's order: give only the first pixels of the order, or train with "
            + "model.order=... so that they are first; eonade, markov and bernoulli complete any mask");
    }

    /// <summary>As <see cref="Prefix"/>, for those who need the number.</summary>
    /// <exception cref="ArgumentException">The mask gives other numbers than the first of the order.</exception>
    public int PrefixLength(bool[,] given) => Prefix(given) is { Count: { } count }
        ? count : throw new ArgumentException(Prefix(given).Why, nameof(given));
}
