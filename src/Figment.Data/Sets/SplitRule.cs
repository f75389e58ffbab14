using Figment.Data.Loading;

namespace Figment.Data.Sets;

/// <summary>Cuts a set into parts, always in the same way.</summary>
internal static class SplitRule
{
    // The order in which sets without splits of their own are dealt out. It is part of the protocol: never change it.
    private const ulong DealSeed = 20_130_612;

    /// <summary>Takes a part from the end of a training part.</summary>
    internal static (IImageSource Train, IImageSource Held, string Rule) Hold(IImageSource all, string name,
        string part, int wanted, bool shuffle)
    {
        var held = CountOf(all, wanted, 0, part);
        var order = Order(all.Count, shuffle);
        return (new ImageSubset($"{name}/train", all, order.AsSpan(0, all.Count - held)),
            new ImageSubset($"{name}/{part}", all, order.AsSpan(all.Count - held)),
            $"{part}: the last {held:N0} of {all.Count:N0} training images"
            + (shuffle ? " in a fixed shuffled order" : ""));
    }

    /// <summary>Cuts a set without splits: training images, then validation, then test.</summary>
    internal static (IImageSource Train, IImageSource Validation, IImageSource Test, string Rule) Deal(IImageSource all,
        string name, int wantedValidation, int wantedTest, bool shuffle)
    {
        var test = CountOf(all, wantedTest, 0, "test");
        var validation = CountOf(all, wantedValidation, test, "validation");
        var train = all.Count - validation - test;
        var order = Order(all.Count, shuffle);
        return (new ImageSubset($"{name}/train", all, order.AsSpan(0, train)),
            new ImageSubset($"{name}/validation", all, order.AsSpan(train, validation)),
            new ImageSubset($"{name}/test", all, order.AsSpan(train + validation)),
            $"{all.Count:N0} images in {(shuffle ? "a fixed shuffled" : "their own")} order: {train:N0} for training, "
            + $"then {validation:N0} for validation, then {test:N0} for testing");
    }

    /// <summary>The first images of a part, or of its fixed shuffled order.</summary>
    internal static ImageSubset Take(IImageSource all, int count, bool shuffle) =>
        new($"{all.Name}[{count}]", all, Order(all.Count, shuffle).AsSpan(0, count));

    private static int[] Order(int count, bool shuffle)
    {
        var order = new int[count];
        if (shuffle)
            CounterRandom.Permute(order, DealSeed, 0);
        else
            for (var i = 0; i < count; i++)
                order[i] = i;
        return order;
    }

    // A tenth by default, at least one image where there are ten.
    private static int CountOf(IImageSource all, int wanted, int taken, string part)
    {
        var count = wanted >= 0 ? wanted : all.Count / 10;
        return count + taken < all.Count
            ? count
            : throw new ArgumentException(
                $"{all.Name} has {all.Count:N0} images; {count:N0} for {part} leave none for training.");
    }
}
