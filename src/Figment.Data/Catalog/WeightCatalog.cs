namespace Figment.Data.Catalog;

/// <summary>Every trained network whose weights come as a package.</summary>
public static class WeightCatalog
{
    private const string Package = "nsfwjs", Version = "4.4.0",
        Archive = "585cd178f3b994337c4d10a87b080d342fc52f8b9bf0085c4d1f345a3a1c5382", Topology = "model.min.js";

    /// <summary>The cards, in the order they are listed.</summary>
    public static IReadOnlyList<WeightCard> Cards { get; } =
    [
        Nsfwjs("mobilenet-v2-nsfwjs", "MobileNetV2 of nsfwjs", "mobilenet_v2", "M. Sandler, A. Howard, M. Zhu, "
            + "A. Zhmoginov, L.-C. Chen: MobileNetV2: Inverted residuals and linear bottlenecks, CVPR 2018",
            [
                new(Topology, 106_679, "c32f104fd562b08cdff5ed69dfe1209643afa47e792fb12751d2949aa61a397a"),
                new("group1-shard1of1.min.js", 3_493_394,
                    "ef2e0a63f7d2c4960b37b024b669313f65d3c45cd59e9042636c55b39de53517"),
            ]),
        Nsfwjs("inception-v3-nsfwjs", "InceptionV3 of nsfwjs", "inception_v3", "C. Szegedy, V. Vanhoucke, S. Ioffe, "
            + "J. Shlens, Z. Wojna: Rethinking the Inception architecture for computer vision, arXiv:1512.00567, 2015",
            [
                new(Topology, 177_909, "8c2b793b9d277840fc757725bf3b135c96d5a54ec020e2b4ab569fc3df6b3848"),
                Shard(1, 5_593_186, "e9316ac20ff634f990e483062050afe9a4826885c3a212d676ce2cfda93a4884"),
                Shard(2, 5_593_186, "467b33d62b4c470edf8acd3da554e331f2d49f3f93ddd718f944f595c516cd82"),
                Shard(3, 5_593_186, "075300e057ca7e9fd2e282afbc3a6596a0404288c94bf781e9b20658cbeee664"),
                Shard(4, 5_593_186, "b51ee46e062e752e81c28761a56369432671bfb3d59f4f062f5bd4dd58ff5303"),
                Shard(5, 5_593_186, "d4149969b3c61e0d4dde1d4f555f5b00f4fc87f6bab1a4cd4967b24f62725de6"),
                Shard(6, 1_853_246, "b684762a7d7c39b80183d260bdab6f072321349300f9f2ff144a085a382acfc4"),
            ]),
    ];

    /// <summary>The card of that id, or null.</summary>
    /// <param name="id">Such as <c>mobilenet-v2-nsfwjs</c>; the case of letters does not matter.</param>
    public static WeightCard? Find(string id) =>
        Cards.FirstOrDefault(card => string.Equals(card.Id, id, StringComparison.OrdinalIgnoreCase));

    private static WeightCard Nsfwjs(string id, string title, string folder, string paper, DataFile[] files) => new()
    {
        Id = id,
        Title = title,
        Description = "A network trained on ImageNet and then on to tell five kinds of content of photographs and "
            + "drawings; its weights are stored in 8 bits each. Figures in its features compare with no published one.",
        Citation = $"{paper}; weights: G. Laborde and contributors, nsfwjs {Version}",
        Licence = "MIT (Infinite Red, Inc.)",
        HomePage = new("https://github.com/infinitered/nsfwjs"),
        Files = files,
        Origins =
        [
            new NpmOrigin(Package, Version, Archive, files.ToDictionary(file => file.Name,
                file => $"package/dist/models/{folder}/{file.Name}", StringComparer.Ordinal)),
        ],
    };

    private static DataFile Shard(int n, long length, string sha256) =>
        new($"group1-shard{n}of6.min.js", length, sha256);
}
