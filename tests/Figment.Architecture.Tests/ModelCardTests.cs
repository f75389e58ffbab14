using Figment.Models;
using Figment.Nn;
using Figment.Training.Options;
using Xunit;

namespace Figment.Architecture.Tests;

/// <summary>A model that no card names can be found by nobody.</summary>
public class ModelCardTests
{
    private static IEnumerable<Type> Concrete(Type parent) => typeof(Catalog).Assembly.GetTypes()
        .Where(type => !type.IsAbstract && parent.IsAssignableFrom(type));

    [Fact]
    public void Every_model_has_a_card() => Findings.AssertNone(
        Concrete(typeof(Module)).Where(type => type.GetInterfaces().Any(ability => ability.Assembly == typeof(Catalog).Assembly))
            .Except(Catalog.Cards.Select(card => card.Model)).Select(type => $"{type.FullName} has no card"));

    [Fact]
    public void Every_models_options_have_a_card() => Findings.AssertNone(
        Concrete(typeof(ModelOptions)).Except(Catalog.Cards.Select(card => card.Defaults.GetType()))
            .Select(type => $"{type.FullName} has no card"));

    [Fact]
    public void Ids_are_unique_and_fit_for_commands_and_files()
    {
        var ids = Catalog.Cards.Select(card => card.Id).Concat(Catalog.Presets.Select(preset => preset.Id)).ToList();
        Assert.Equal(ids.Count, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.All(ids, id => Assert.Matches("^[a-z0-9]+(-[a-z0-9]+)*$", id));
    }

    [Fact]
    public void A_card_tells_a_person_what_the_model_is() => Assert.All(Catalog.Cards, card =>
    {
        Assert.NotEmpty(card.Title);
        Assert.NotEmpty(card.Summary);
        Assert.Matches(@"\b(19|20)\d\d\b", card.Paper);
        Assert.Equal(Uri.UriSchemeHttps, card.Link.Scheme);
        Assert.NotEmpty(card.Presets);
        Assert.True(Directory.Exists(Path.Combine(Sources.Root, "src", "Figment.Models", card.Family)), card.Family);
    });

    [Fact]
    public void A_preset_is_of_its_own_model_and_says_what_it_costs() => Assert.All(Catalog.Cards, card => Assert.All(card.Presets, preset =>
    {
        Assert.Same(card, Catalog.CardOf(preset.Options.Model));
        Assert.Empty(Catalog.Options.Check(preset.Options));
        Assert.NotEmpty(preset.Cost);
        Assert.NotEmpty(preset.Source);
    }));
}
