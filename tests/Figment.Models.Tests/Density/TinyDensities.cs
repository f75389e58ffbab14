using Figment.Data.Images;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Torch;
using Nonlinearity = Figment.Models.Nonlinearity;

namespace Figment.Models.Tests.Density;

/// <summary>Every density at a size where all images can be counted up, with weights that are not small.</summary>
internal static class TinyDensities
{
    /// <summary>Names of the models of black and white images.</summary>
    public static readonly string[] Binary =
        ["bernoulli", "bernoulli-classes", "categorical", "joint", "markov-1", "markov-2", "markov-classes", "fvsbn", "nade", "nade-classes",
            "eonade", "eonade-orders", "made", "made-deep", "made-masks", "made-orders"];

    /// <summary>Those that know three classes.</summary>
    public static readonly string[] Conditional = ["bernoulli-classes", "markov-classes", "nade-classes"];

    /// <summary>Those that go through the pixels in one order, with the number of pixels that each looks back.</summary>
    public static readonly (string Name, int Reach)[] Ordered = [("markov-1", 1), ("markov-2", 2), ("fvsbn", 99), ("nade", 99), ("eonade", 99), ("made", 99), ("made-deep", 99)];

    /// <summary>Makes a model in double precision, its weights drawn or its counts taken from random images.</summary>
    public static Module Make(string name, ImageShape shape, PixelOrder order, Rng rng, int levels = 2)
    {
        Module model = name switch
        {
            "bernoulli" => new Bernoulli(new BernoulliOptions(), shape),
            "bernoulli-classes" => new Bernoulli(new BernoulliOptions { Classes = 3 }, shape),
            "categorical" => new Categorical(new CategoricalOptions { Levels = levels }, shape),
            "joint" => new JointCategorical(new JointCategoricalOptions { Levels = levels, Over = JointOver.Image }, shape),
            "joint-pixel" => new JointCategorical(new JointCategoricalOptions { Levels = levels }, shape),
            "markov-1" => new Markov(new MarkovOptions { Levels = levels, PixelOrder = order }, shape, rng),
            "markov-2" => new Markov(new MarkovOptions { Levels = levels, PixelOrder = order, Order = 2 }, shape, rng),
            "markov-classes" => new Markov(new MarkovOptions { Levels = levels, PixelOrder = order, Classes = 3 }, shape, rng),
            "fvsbn" => new Fvsbn(new FvsbnOptions { PixelOrder = order }, shape, rng),
            "nade" => new Nade(new NadeOptions { PixelOrder = order, Hidden = 7 }, shape, rng),
            "nade-classes" => new Nade(new NadeOptions { PixelOrder = order, Hidden = 5, Classes = 3 }, shape, rng),
            "eonade" => new EoNade(new EoNadeOptions { PixelOrder = order, Hidden = [6] }, shape, rng),
            "eonade-orders" => new EoNade(new EoNadeOptions { PixelOrder = order, Hidden = [6, 5], Orders = 3 }, shape, rng),
            "made" => new Made(new MadeOptions { PixelOrder = order, Hidden = [250], Nonlinearity = Nonlinearity.Tanh }, shape, rng),
            "made-deep" => new Made(new MadeOptions { PixelOrder = order, Hidden = [60, 60], Nonlinearity = Nonlinearity.Tanh, Direct = true }, shape, rng),
            "made-masks" => new Made(new MadeOptions { PixelOrder = order, Hidden = [9, 8], Masks = 3 }, shape, rng),
            "made-orders" => new Made(new MadeOptions { PixelOrder = order, Hidden = [9], Masks = 4, Orders = 2 }, shape, rng),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "no such model"),
        };
        model.To(DType.Float64);
        NoGrad.Run(() => TensorScope.Run(() =>
        {
            foreach (var parameter in model.Parameters()) parameter.CopyInPlace(rng.Normal(parameter.Shape, 0, Spread(parameter), DType.Float64));
            if (model is not IFitsByCounting counts) return;
            var x = rng.Uniform([30, shape.Channels, shape.Height, shape.Width], dtype: DType.Float64);
            x = (x.Square() * (levels - 0.01)).Floor() / (levels - 1); // low levels come more often
            x[TensorIndex.All, TensorIndex.All, 0] = x[TensorIndex.All, TensorIndex.All, ^1]; // not independent
            counts.Count(x, counts.ClassCount == 0 ? Tensor.Zeros([30], DType.Int64) : rng.Integers(0, 3, [30]));
        }));
        return model;
    }

    // So that hidden units and logits are of moderate size, whatever the number of inputs.
    private static double Spread(Parameter parameter) => parameter.Rank == 2 ? Math.Min(1, 3 / Math.Sqrt(parameter.Size(1))) : 1;

    /// <summary>The places that the model visits, first to last.</summary>
    public static long[] OrderOf(Module model) => model.NamedBuffers().First(b => b.Path == "sequence.order").Buffer.ToArray<long>();

    /// <summary>All images, (K^D, C, H, W), Float64; the last number changes fastest.</summary>
    public static Tensor AllImages(ImageShape shape, int levels = 2)
    {
        var count = (long)Math.Pow(levels, shape.Length);
        var digits = Enumerable.Range(0, shape.Length).Select(i =>
            Tensor.Arange(count).FloorDivide((long)Math.Pow(levels, shape.Length - 1 - i)).Remainder(levels)).ToArray();
        return (Ops.Stack(digits, 1).To(DType.Float64) / (levels - 1)).View(-1, shape.Channels, shape.Height, shape.Width);
    }

    /// <summary>Which of <see cref="AllImages"/> each image is.</summary>
    public static long[] Codes(Tensor images, int levels = 2)
    {
        var x = (images.To(DType.Float64).Flatten(1) * (levels - 1)).Round().To(DType.Int64);
        var code = x.Select(1, 0);
        for (var i = 1; i < x.Size(1); i++) code = (code * levels) + x.Select(1, i);
        return code.ToArray<long>();
    }

    /// <summary>log p of each image, by the model's pixels.</summary>
    public static double[] LogP(Module model, Tensor images) => NoGrad.Run(() => new
    {
        Values = ((IGivesDensity)model).PixelLogProbabilities(images).Sum([1, 2, 3]).To(DType.Float64).ToArray<double>(),
    }.Values);
}
