using Xunit;

namespace Figment.App.Tests;

public class ModelLibraryTests
{
    public static TheoryData<string> Models => [.. ModelLibrary.List().Select(model => model.Id)];

    [Theory]
    [MemberData(nameof(Models))]
    public void A_models_layers_account_for_all_its_parameters(string model)
    {
        var details = ModelLibrary.Show(model);
        Assert.Equal(details.Parameters, details.Layers.Sum(layer => layer.Parameters));
        if (details.Model.Family == "Latent") Assert.True(details.MultiplyAdds > details.Parameters / 2);
        Assert.Contains($"id: {model}", details.Options);
    }

    [Fact]
    public void The_multiply_adds_of_the_dense_model_are_its_weights()
    {
        // Each weight of a dense layer meets one image once: 784-400-40 and 20-400-784.
        Assert.Equal((784 * 400) + (400 * 40) + (20 * 400) + (400 * 784), ModelLibrary.Show("vae").MultiplyAdds);
    }

    [Fact]
    public void Every_preset_resolves_to_its_own_settings() =>
        Assert.All(ModelLibrary.List().SelectMany(model => model.Presets), preset =>
            Assert.Equal(preset.Id, Configuration.Resolve(new TrainRequest { What = preset.Id }).Name));

    [Fact]
    public void Other_data_do_not_inherit_a_presets_binarisation() =>
        Assert.Equal("none", Configuration.Resolve(new TrainRequest { What = "vae-mnist", Data = "./photos" }).Options.Data.Binarize.ToString().ToLowerInvariant());
}
