using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Figment.Data;
using Figment.Data.Loading;
using Figment.Data.Sets;
using Figment.Evaluation;
using Figment.Models;
using Figment.Models.Density;
using Figment.Nn;
using Figment.Torch;
using Figment.Torch.Runtime;
using Figment.Training;
using Figment.Training.Options;
using Figment.Training.Runs;

namespace Figment.App;

/// <summary>
/// Generative against discriminative: densities p(x|y) turned into classifiers by Bayes' rule beside nets that learn
/// p(y|x), on the same images and the same labels.
/// </summary>
public static class Classify
{
    private const int Batch = 100;
    private const int MostEpochs = 60;
    private const int LeastSteps = 100;
    private const string Generative = "generative";

    private static readonly string[] Usual = ["bernoulli", "markov", "nade", "logistic", "mlp"];
    private const string SemiSupervised = "aae-semi-supervised";
    private static readonly string[] Known = [.. Usual, "lenet", SemiSupervised];

    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Trains every classifier with every number of labels and counts its errors on the test images.</summary>
    /// <exception cref="FigmentException">A classifier is not known, or the data have no labels.</exception>
    public static ClassifyResult Run(ClassifyRequest request, IProgress<WorkEvent> progress,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var wanted = request.Classifiers.Count > 0 ? request.Classifiers : Usual;
        foreach (var name in wanted.Where(name => !Known.Contains(name)))
            throw new FigmentException($"there is no classifier '{name}'"
                + (Nearest.To(name, Known) is { } near ? $"; did you mean '{near}'?" : ""),
                $"choose from {string.Join(", ", Known)}", isUsage: true);
        var (split, held) = request.Split switch
        {
            "test" => (Split.Test, 0),
            "validation" => (Split.Validation, -1),
            _ => throw new FigmentException($"there is no split '{request.Split}' to tell classes of",
                "choose validation or test", isUsage: true),
        };
        if (split != Split.Test && request.ResultsFolder is not null)
            throw new FigmentException("the table of results is of test images", "leave out --results", isUsage: true);
        if (request.Labels.Count == 0 || request.Labels.Any(n => n < 1))
            throw new FigmentException("numbers of labels are at least 1", isUsage: true);

        NativeLoader.EnsureLoaded();
        // Black and white by a threshold: what the densities of binary pixels take, and the same for every classifier.
        var data = DataSets.Open(
            new DataOptions { Source = request.Data, Binarize = Binarization.Threshold, Validation = held }, null,
            new DataProgressEvents(progress), cancellation);
        if (!data.Train.HasLabels)
            throw new FigmentException($"{data.Name} has no labels",
                "choose mnist or fashion-mnist, or a folder of class folders", isUsage: true);
        var told = ImageSubset.Spread(data[split], request.Limit);
        // One order for all budgets: a larger one holds the smaller ones.
        var order = new int[data.Train.Count];
        CounterRandom.Permute(order, request.Seed, 0);

        var cells = new List<ClassifyCell>();
        foreach (var budget in request.Labels.Select(n => Math.Min(n, order.Length)).Distinct())
            foreach (var name in wanted)
            {
                progress.Report(new StageBegun(string.Create(CultureInfo.InvariantCulture,
                    $"{name}, {budget:N0} labels")));
                var began = Stopwatch.GetTimestamp();
                var train = new ImageSubset($"{data.Train.Name}[{budget}]", data.Train, order.AsSpan(0, budget));
                var errors = Errors(name, train, told, data, request, progress, cancellation);
                cells.Add(new ClassifyCell(name, name is "logistic" or "mlp" or "lenet" ? "discriminative"
                    : name == SemiSupervised ? "semi-supervised" : Generative, budget, errors.Mean,
                    errors.StandardError, Math.Round(Stopwatch.GetElapsedTime(began).TotalSeconds, 1)));
            }

        var result = new ClassifyResult(new Protocol
        {
            Data = data.Name,
            DataHash = told.ContentHash,
            Split = request.Split,
            Examples = told.Count,
            Binarization = data.BinarizationName,
            Estimator = $"{request.Split} error",
            Draws = 0,
            Seed = request.Seed,
        }, request.Steps, cells);
        if (request.ResultsFolder is { } folder) Write(result, folder, progress);
        return result;
    }

    private static Estimate Errors(string name, ImageSubset train, IImageSource test, DataSplits data,
        ClassifyRequest request, IProgress<WorkEvent> progress, CancellationToken cancellation)
    {
        var classes = data.ClassNames.Count;
        using var root = new Rng(request.Seed);
        using var rng = root.Stream("initialisation");
        using Module module = name switch
        {
            "logistic" => DiscriminativeNet.Logistic(data.Shape.Length, classes, rng),
            "mlp" => DiscriminativeNet.Mlp(data.Shape.Length, classes, rng),
            _ => Card(name).Create(Options(name, classes), data.Shape, rng),
        };
        OptimizerOptions optimizer = name == SemiSupervised ? Card(name).Presets[0].Options.Optimizer
            : new AdamOptimizerOptions { LearningRate = RateOf(name) };
        var task = module is Sequential net
            ? new ClassificationTask(net, optimizer.Create(net))
            : Card(name).Train(Options(name, classes), module, optimizer.Create);
        try
        {
            // The semi-supervised one learns from all training images too, without their labels.
            var learned = name == SemiSupervised ? data.Train : train;
            using var loader = new DataLoader(learned, new LoaderOptions
            {
                BatchSize = Math.Min(Batch, learned.Count),
                Seed = request.Seed,
                Transform = data.Transform,
                Labelled = name == SemiSupervised ? train : null,
            });
            // Counting sees each image once; gradients go over few images often, but not for ever.
            var epochs = (long)Math.Ceiling(learned.Count / (double)Batch);
            var steps = task.Players.Count == 0 ? loader.BatchesPerEpoch
                : Math.Min(request.Steps, Math.Max(LeastSteps, MostEpochs * epochs));
            Fit(task, loader, steps, request.Seed, cancellation);
            module.Eval();
            var shares = Shares(train, classes);
            return Estimate.Of(Likelihood.Scores(test, data.Transform.ForEvaluation(), 500, request.Seed,
                Wrong(module, test, shares, progress, name), Device.Cpu, cancellation));
        }
        finally
        {
            foreach (var player in task.Players) player.Optimizer.Dispose();
        }
    }

    // 1 for an image that is told wrong, 0 for one that is told right; images come in the set's order.
    private static Func<Tensor, Tensor> Wrong(Module module, IImageSource test, double[] shares,
        IProgress<WorkEvent> progress, string name)
    {
        var done = 0;
        return images =>
        {
            var count = (int)images.Size(0);
            long[] labels = [.. Enumerable.Range(done, count).Select(i => (long)test.Label(i))];
            done += count;
            progress.Report(new Advanced($"{name} tells classes", done, test.Count, "images"));
            var told = module is Sequential net ? DiscriminativeNet.Classify(net, images)
                : module is IRecognizesClasses classifier ? classifier.Logits(images).ArgMax(1)
                : BayesClassifier.Classify((IKnowsClasses)module, images, shares);
            return told.Ne(Tensor.From<long>(labels, count)).To(DType.Float64);
        };
    }

    private static void Fit(ITrainingTask task, DataLoader loader, long steps, ulong seed,
        CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("figment-classify-");
        try
        {
            using var run = RunFolder.Create(folder.FullName, new RunStart("classify", seed, "", new RunEnvironment(
                new Dictionary<string, string>(), new Dictionary<string, string>())));
            Trainer.Run(new TrainingJob
            {
                Task = task,
                Data = loader,
                Plan = new PlanOptions { Steps = steps, PreviewInterval = 0, CheckpointInterval = 1_000_000 },
                Seed = seed,
                Run = run,
            }, cancellation);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    // Of 0.001, 0.003, 0.01 and 0.015 the one with the least validation error, as a geometric mean over five budgets
    // of labels from 300 to 54,000 (docs/guide/densities.md has the figures).
    private static double RateOf(string name) => name == "logistic" ? 1e-3 : 3e-3;

    private static Models.ModelCard Card(string name) => Catalog.Cards.First(card => card.Id == name);

    private static ModelOptions Options(string name, int classes) => Configuration.Resolve(new TrainRequest
    {
        What = name,
        Sets = [$"model.classes={classes}", .. name == "nade" ? (string[])["model.hidden=100"] : []],
    }).Options.Model;

    private static double[] Shares(ImageSubset train, int classes)
    {
        var shares = new double[classes];
        for (var i = 0; i < train.Count; i++) shares[train.Label(i)] += 1.0 / train.Count;
        return shares;
    }

    private static void Write(ClassifyResult result, string folder, IProgress<WorkEvent> progress)
    {
        var full = Path.GetFullPath(folder);
        Directory.CreateDirectory(full);
        var path = Path.Combine(full, $"classify-{result.Protocol.Data}.json");
        File.WriteAllText(path, JsonSerializer.Serialize(result, Form) + "\n");
        progress.Report(new FileWritten("result", path));
        progress.Report(new FileWritten("table", WriteTable(full)));
    }

    /// <summary>Writes the table of all comparisons beside the folder of results.</summary>
    public static string WriteTable(string resultsFolder)
    {
        var folder = Path.GetFullPath(resultsFolder);
        var text = new StringBuilder("""
            # Generative against discriminative

            Made by `figment classify --results docs/results`; do not edit. Share of test images that are told wrong, in
            percent, with its standard error over the test images. The generative ones answer argmax p(x|y) p(y); the
            others learned p(y|x).

            """);
        foreach (var file in Directory.EnumerateFiles(folder, "classify-*.json").Order(StringComparer.Ordinal))
        {
            var result = JsonSerializer.Deserialize<ClassifyResult>(File.ReadAllText(file), Form)!;
            var names = result.Cells.Select(cell => (cell.Classifier, cell.Kind)).Distinct().ToList();
            text.AppendLine(CultureInfo.InvariantCulture,
                $"\n{result.Protocol}; at most {result.Steps:N0} steps of Adam.\n");
            text.AppendLine(CultureInfo.InvariantCulture,
                $"| labels | {string.Join(" | ", names.Select(name => $"{name.Classifier} ({name.Kind})"))} |");
            text.AppendLine($"|---|{string.Concat(names.Select(_ => "---|"))}");
            foreach (var row in result.Cells.GroupBy(cell => cell.Labels))
                text.AppendLine(CultureInfo.InvariantCulture, $"| {row.Key:N0} | {string.Join(" | ",
                    names.Select(name => row.FirstOrDefault(cell => cell.Classifier == name.Classifier) is { } cell
                        ? Percent(cell) : "-"))} |");
        }

        var path = Path.Combine(Path.GetDirectoryName(folder)!, "classify.md");
        File.WriteAllText(path, text.ToString());
        return path;
    }

    internal static string Percent(ClassifyCell cell) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * cell.Error:0.0} ± {100 * cell.StandardError:0.0}");
}
