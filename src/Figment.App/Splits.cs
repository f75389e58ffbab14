using Figment.Data.Sets;

namespace Figment.App;

/// <summary>The parts of a data set, by name.</summary>
internal static class Splits
{
    /// <exception cref="FigmentException">There is no such part.</exception>
    public static Split Parse(string name) => Enum.TryParse<Split>(name, ignoreCase: true, out var split)
        && Enum.IsDefined(split) && !char.IsAsciiDigit(name[0])
        ? split
        : throw new FigmentException($"there is no split '{name}'", "choose train, validation or test", isUsage: true);
}
