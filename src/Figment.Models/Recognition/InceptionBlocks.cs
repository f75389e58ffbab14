using Figment.Nn;
using Figment.Torch;

namespace Figment.Models.Recognition;

/// <summary>Figure 5 of Szegedy et al. 2015, at 35x35; the middle branch is 5x5 as in the published networks.</summary>
internal sealed partial class InceptionA : Layer
{
    [Name("branch1x1")] private readonly NormedConv one;
    [Name("branch5x5_1")] private readonly NormedConv five1;
    [Name("branch5x5_2")] private readonly NormedConv five2;
    [Name("branch3x3dbl_1")] private readonly NormedConv double1;
    [Name("branch3x3dbl_2")] private readonly NormedConv double2;
    [Name("branch3x3dbl_3")] private readonly NormedConv double3;
    [Name("branch_pool")] private readonly NormedConv pooled;

    public InceptionA(long from, long pool, Rng rng)
    {
        one = new NormedConv(from, 64, 1, rng);
        (five1, five2) = (new NormedConv(from, 48, 1, rng), new NormedConv(48, 64, 5, rng, padding: 2));
        (double1, double2, double3) = (new NormedConv(from, 64, 1, rng), new NormedConv(64, 96, 3, rng, padding: 1),
            new NormedConv(96, 96, 3, rng, padding: 1));
        pooled = new NormedConv(from, pool, 1, rng);
    }

    protected override Tensor Forward(Tensor input) => Ops.Cat([one.Call(input), five2.Call(five1.Call(input)),
        double3.Call(double2.Call(double1.Call(input))), pooled.Call(Mean(input))], 1);

    /// <summary>The mean of the 3x3 places around each, of as many as there are: (B, C, H, W) stays.</summary>
    public static Tensor Mean(Tensor x) => Ops.AveragePool2d(x, [3, 3], [1, 1], [1, 1], countIncludePad: false);
}

/// <summary>From 35x35 to 17x17, as figure 10 of the paper.</summary>
internal sealed partial class InceptionB : Layer
{
    [Name("branch3x3")] private readonly NormedConv three;
    [Name("branch3x3dbl_1")] private readonly NormedConv double1;
    [Name("branch3x3dbl_2")] private readonly NormedConv double2;
    [Name("branch3x3dbl_3")] private readonly NormedConv double3;

    public InceptionB(long from, Rng rng)
    {
        three = new NormedConv(from, 384, 3, rng, stride: 2);
        (double1, double2, double3) = (new NormedConv(from, 64, 1, rng), new NormedConv(64, 96, 3, rng, padding: 1),
            new NormedConv(96, 96, 3, rng, stride: 2));
    }

    protected override Tensor Forward(Tensor input) => Ops.Cat([three.Call(input),
        double3.Call(double2.Call(double1.Call(input))), input.MaxPool2d([3, 3], [2, 2])], 1);
}

/// <summary>Figure 6 of the paper with n = 7, at 17x17.</summary>
internal sealed partial class InceptionC : Layer
{
    [Name("branch1x1")] private readonly NormedConv one;
    [Name("branch7x7_1")] private readonly NormedConv seven1;
    [Name("branch7x7_2")] private readonly NormedConv seven2;
    [Name("branch7x7_3")] private readonly NormedConv seven3;
    [Name("branch7x7dbl_1")] private readonly NormedConv double1;
    [Name("branch7x7dbl_2")] private readonly NormedConv double2;
    [Name("branch7x7dbl_3")] private readonly NormedConv double3;
    [Name("branch7x7dbl_4")] private readonly NormedConv double4;
    [Name("branch7x7dbl_5")] private readonly NormedConv double5;
    [Name("branch_pool")] private readonly NormedConv pooled;

    public InceptionC(long from, long narrow, Rng rng)
    {
        one = new NormedConv(from, 192, 1, rng);
        (seven1, seven2, seven3) = (new NormedConv(from, narrow, 1, rng), Row(narrow, narrow), Column(narrow, 192));
        (double1, double2, double3, double4, double5) = (new NormedConv(from, narrow, 1, rng), Column(narrow, narrow),
            Row(narrow, narrow), Column(narrow, narrow), Row(narrow, 192));
        pooled = new NormedConv(from, 192, 1, rng);
        NormedConv Row(long f, long t) => new(f, t, (1, 7), rng, padding: (0, 3));
        NormedConv Column(long f, long t) => new(f, t, (7, 1), rng, padding: (3, 0));
    }

    protected override Tensor Forward(Tensor input) => Ops.Cat([one.Call(input),
        seven3.Call(seven2.Call(seven1.Call(input))),
        double5.Call(double4.Call(double3.Call(double2.Call(double1.Call(input))))),
        pooled.Call(InceptionA.Mean(input))], 1);
}

/// <summary>From 17x17 to 8x8, as figure 10 of the paper.</summary>
internal sealed partial class InceptionD : Layer
{
    [Name("branch3x3_1")] private readonly NormedConv three1;
    [Name("branch3x3_2")] private readonly NormedConv three2;
    [Name("branch7x7x3_1")] private readonly NormedConv seven1;
    [Name("branch7x7x3_2")] private readonly NormedConv seven2;
    [Name("branch7x7x3_3")] private readonly NormedConv seven3;
    [Name("branch7x7x3_4")] private readonly NormedConv seven4;

    public InceptionD(long from, Rng rng)
    {
        (three1, three2) = (new NormedConv(from, 192, 1, rng), new NormedConv(192, 320, 3, rng, stride: 2));
        (seven1, seven2) = (new NormedConv(from, 192, 1, rng), new NormedConv(192, 192, (1, 7), rng, padding: (0, 3)));
        (seven3, seven4) = (new NormedConv(192, 192, (7, 1), rng, padding: (3, 0)),
            new NormedConv(192, 192, 3, rng, stride: 2));
    }

    protected override Tensor Forward(Tensor input) => Ops.Cat([three2.Call(three1.Call(input)),
        seven4.Call(seven3.Call(seven2.Call(seven1.Call(input)))), input.MaxPool2d([3, 3], [2, 2])], 1);
}

/// <summary>Figure 7 of the paper, at 8x8: branches that fork at their end.</summary>
internal sealed partial class InceptionE : Layer
{
    [Name("branch1x1")] private readonly NormedConv one;
    [Name("branch3x3_1")] private readonly NormedConv three1;
    [Name("branch3x3_2a")] private readonly NormedConv three2a;
    [Name("branch3x3_2b")] private readonly NormedConv three2b;
    [Name("branch3x3dbl_1")] private readonly NormedConv double1;
    [Name("branch3x3dbl_2")] private readonly NormedConv double2;
    [Name("branch3x3dbl_3a")] private readonly NormedConv double3a;
    [Name("branch3x3dbl_3b")] private readonly NormedConv double3b;
    [Name("branch_pool")] private readonly NormedConv pooled;
    private readonly bool maxima;

    public InceptionE(long from, bool maxima, Rng rng)
    {
        one = new NormedConv(from, 320, 1, rng);
        (three1, three2a, three2b) = (new NormedConv(from, 384, 1, rng), Row(), Column());
        (double1, double2) = (new NormedConv(from, 448, 1, rng), new NormedConv(448, 384, 3, rng, padding: 1));
        (double3a, double3b) = (Row(), Column());
        pooled = new NormedConv(from, 192, 1, rng);
        this.maxima = maxima;
        NormedConv Row() => new(384, 384, (1, 3), rng, padding: (0, 1));
        NormedConv Column() => new(384, 384, (3, 1), rng, padding: (1, 0));
    }

    protected override Tensor Forward(Tensor input)
    {
        var (three, twice) = (three1.Call(input), double2.Call(double1.Call(input)));
        var around = maxima ? input.MaxPool2d([3, 3], [1, 1], [1, 1]) : InceptionA.Mean(input);
        return Ops.Cat([one.Call(input), three2a.Call(three), three2b.Call(three),
            double3a.Call(twice), double3b.Call(twice), pooled.Call(around)], 1);
    }
}
