using System;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Figment.Nn.Generators;

/// <summary>What was found for one class: a source file to add, or the name of the type that is not partial.</summary>
/// <remarks>Compared by value, so that an edit elsewhere does not write the sources again.</remarks>
internal sealed class Found(string? fileName, string? source, string? fault, Place? place) : IEquatable<Found>
{
    public string? FileName { get; } = fileName;

    public string? Source { get; } = source;

    public string? Fault { get; } = fault;

    public Place? Place { get; } = place;

    public bool Equals(Found? other) => other is not null && FileName == other.FileName && Source == other.Source
        && Fault == other.Fault && Equals(Place, other.Place);

    public override bool Equals(object? other) => Equals(other as Found);

    public override int GetHashCode() => (Source ?? Fault ?? "").GetHashCode();
}

/// <summary>A location that does not keep its syntax tree alive.</summary>
internal sealed class Place(Location location) : IEquatable<Place>
{
    private readonly string path = location.SourceTree?.FilePath ?? "";
    private readonly TextSpan span = location.SourceSpan;
    private readonly LinePositionSpan lines = location.GetLineSpan().Span;

    public Location ToLocation() => Location.Create(path, span, lines);

    public bool Equals(Place? other) => other is not null && path == other.path && span == other.span;

    public override bool Equals(object? other) => Equals(other as Place);

    public override int GetHashCode() => span.GetHashCode();
}
