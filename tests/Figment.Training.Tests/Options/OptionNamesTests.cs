using Figment.Training.Options;

namespace Figment.Training.Tests.Options;

public sealed class OptionNamesTests
{
    [Theory]
    [InlineData("LearningRate", "learning-rate")]
    [InlineData("KLWeight", "kl-weight")]
    [InlineData("Beta1", "beta1")]
    [InlineData("Id", "id")]
    [InlineData("UseKL", "use-kl")]
    public void Names_become_kebab(string name, string key) => Assert.Equal(key, OptionNames.Kebab(name));

    [Theory]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("bacth", "batch", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distances_are_exact(string a, string b, int distance)
    {
        Assert.Equal(distance, OptionNames.Distance(a, b));
        Assert.Equal(distance, OptionNames.Distance(b, a));
    }

    [Theory]
    [InlineData("learning_rate", "learning-rate")]
    [InlineData("learningRate", "learning-rate")]
    [InlineData("batchsize", null)]
    [InlineData("sed", "seed")]
    [InlineData("x", null)]
    public void The_nearest_word_is_found_only_when_near(string word, string? nearest) =>
        Assert.Equal(nearest, OptionNames.Nearest(word, ["seed", "batch", "learning-rate"]));

    [Fact]
    public void A_registry_refuses_ambiguity()
    {
        Assert.Throws<ArgumentException>(() => new OptionRegistry().Add<ShapeOptions>("id"));
        Assert.Throws<ArgumentException>(() => new OptionRegistry()
            .Add<ShapeOptions>("id", ("a", new FlatOptions()), ("a", new ConvolutionOptions())));
        Assert.Throws<ArgumentException>(() => new OptionRegistry()
            .Add<ShapeOptions>("id", ("a", new FlatOptions()), ("b", new FlatOptions())));
    }
}
