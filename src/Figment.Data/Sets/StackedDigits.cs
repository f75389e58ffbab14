using Figment.Data.Images;
using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>
/// Stacked MNIST (Metz, Poole, Pfau and Sohl-Dickstein 2017, section 3.3.1): three digits drawn at random are the
/// channels R, G and B of a picture, whose class is the number that they write, 100 r + 10 g + b. A distribution of
/// 1,000 modes. Composed when asked for: only the digits lie in memory.
/// </summary>
public sealed class StackedDigits : IImageSource
{
    // Which digits make which picture. It is part of the protocol: never change it.
    private const ulong DrawSeed = 20_161_107;
    private const int Channels = 3;

    private readonly Split split;
    private readonly Lazy<string> hash;
    private readonly Lazy<bool> binary;

    /// <summary>Composes pictures of a set of digits.</summary>
    /// <param name="name">What the composed set is called.</param>
    /// <param name="digits">Grey images with labels 0 to 9.</param>
    /// <param name="count">How many pictures.</param>
    /// <param name="split">The part: each has draws of its own.</param>
    /// <param name="classNames">Names of the 1,000 classes.</param>
    public StackedDigits(string name, IImageSource digits, int count, Split split, IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(digits);
        if (digits.Shape.Channels != 1 || !digits.HasLabels)
            throw new ArgumentException($"{digits.Name} are no grey images with labels.", nameof(digits));
        (Name, Digits, Count, this.split, ClassNames) = (name, digits, count, split, classNames);
        hash = new(() => SourceFacts.Hash(this));
        binary = new(() => SourceFacts.IsBinary(this));
    }

    /// <summary>The digits.</summary>
    public IImageSource Digits { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public ImageShape Shape => Digits.Shape with { Channels = Channels };

    /// <inheritdoc/>
    public bool HasLabels => true;

    /// <inheritdoc/>
    public IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public bool IsBinary => binary.Value;

    /// <inheritdoc/>
    public string ContentHash => hash.Value;

    /// <summary>The same pictures of the same digits in another size.</summary>
    /// <param name="digits">As many digits in the same order.</param>
    public StackedDigits Of(IImageSource digits) => new(Name, digits, Count, split, ClassNames);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Pixels(int index)
    {
        // A fresh picture each time: several may be looked at at once, from several threads.
        var pixels = new byte[Shape.Length];
        for (var channel = 0; channel < Channels; channel++)
            Digits.Pixels(Digit(index, channel)).CopyTo(pixels.AsSpan(channel * Digits.Shape.Length));
        return pixels;
    }

    /// <inheritdoc/>
    public int Label(int index) => (100 * Digits.Label(Digit(index, 0))) + (10 * Digits.Label(Digit(index, 1)))
        + Digits.Label(Digit(index, 2));

    private int Digit(int index, int channel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return CounterRandom.For(DrawSeed, 0, (long)split, index).Below((uint)channel, Digits.Count);
    }
}
