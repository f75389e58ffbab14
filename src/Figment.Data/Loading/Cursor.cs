namespace Figment.Data.Loading;

/// <summary>Where a consumer stands in its data: the batch that it gets next begins here.</summary>
/// <param name="Epoch">Complete passes over the data, from 0.</param>
/// <param name="Position">Examples of this epoch already delivered.</param>
public readonly record struct Cursor(long Epoch, long Position);
