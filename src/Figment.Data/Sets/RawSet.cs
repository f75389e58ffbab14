namespace Figment.Data.Sets;

/// <summary>A data set as its files hold it, before it is cut into parts and brought to a size.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Train">Training images, or all images.</param>
/// <param name="Validation">Its own validation part; null where it has none.</param>
/// <param name="Test">Its own test part; null where it has none.</param>
/// <param name="Ordered">Whether the order means something (such as one class after another), so that parts must not be
/// cut from its end.</param>
/// <param name="Notes">What the user should know.</param>
internal sealed record RawSet(string Name, IImageSource Train, IImageSource? Validation, IImageSource? Test,
    bool Ordered,
    IReadOnlyList<string> Notes);
