using Figment.Evaluation;

namespace Figment.App;

/// <summary>Bayes classifiers made of densities beside nets that were trained to tell classes apart.</summary>
public sealed record ClassifyRequest
{
    /// <summary>A labelled data set.</summary>
    public string Data { get; init; } = "mnist";

    /// <summary>Labelled training images: one row of the table each.</summary>
    public IReadOnlyList<int> Labels { get; init; } = [100, 300, 1_000, 3_000, 10_000, 60_000];

    /// <summary>Who is compared; empty takes <c>bernoulli</c>, <c>markov</c>, <c>nade</c>, <c>logistic</c> and
    /// <c>mlp</c>. <c>lenet</c> is the convolutional one, <c>aae-semi-supervised</c> sees all
    /// training images too, without labels.</summary>
    public IReadOnlyList<string> Classifiers { get; init; } = [];

    /// <summary>What is told: <c>test</c>, or <c>validation</c> for a tenth of the training images, which then no
    /// classifier learns from.</summary>
    public string Split { get; init; } = "test";

    /// <summary>Only this many of the images to tell, evenly spaced over the split; 0 takes all.</summary>
    public int Limit { get; init; }

    /// <summary>Optimiser steps of whatever is trained by gradients, at every budget alike.</summary>
    public int Steps { get; init; } = 1_500;

    /// <summary>Seed of weights, order, binarisation.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The folder of results in which the result and its table are written; null writes nothing.</summary>
    public string? ResultsFolder { get; init; }
}

/// <summary>One cell of the table.</summary>
/// <param name="Classifier">Who.</param>
/// <param name="Kind"><c>generative</c> or <c>discriminative</c>.</param>
/// <param name="Labels">Labelled training images.</param>
/// <param name="Error">Share of test images that are told wrong.</param>
/// <param name="StandardError">Of that share, over the test images.</param>
/// <param name="Seconds">Training and telling.</param>
public sealed record ClassifyCell(string Classifier, string Kind, int Labels, double Error,
    double StandardError, double Seconds);

/// <summary>The whole comparison.</summary>
/// <param name="Protocol">Data, hash, split, examples, binarisation, seed.</param>
/// <param name="Steps">Optimiser steps of whatever is trained by gradients.</param>
/// <param name="Cells">One for each classifier and budget.</param>
public sealed record ClassifyResult(Protocol Protocol, int Steps, IReadOnlyList<ClassifyCell> Cells)
{
    /// <summary>What the errors depend on, in one line.</summary>
    public string ProtocolText => Protocol.ToString();
}
