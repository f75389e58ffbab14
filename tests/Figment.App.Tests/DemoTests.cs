using Figment.Data.Images;
using Figment.Models.Tests;
using Figment.Torch;
using Xunit;

namespace Figment.App.Tests;

/// <summary>The newcomer's demo in full: its figure, its pictures, and whether the digits are digits.</summary>
public class DemoTests
{
    [Fact]
    [Trait("speed", "slow")]
    public void The_demo_reaches_its_bound_and_draws_digits()
    {
        var judge = DigitClassifier.Load();
        var folder = Directory.CreateTempSubdirectory("figment-demo-").FullName;
        try
        {
            var demo = Demo.Run(new DemoRequest { Out = folder, RunsFolder = Path.Combine(folder, "runs") }, new Silent(), TestContext.Current.CancellationToken)!;
            Assert.True(demo.Evaluation.Value >= -101, demo.Evaluation.Text);
            Assert.Equal(3, demo.Next.Count);
            Assert.Equal(["samples.png", "reconstructions.png", "interpolation.png", "manifold.png"], demo.Pictures.Select(p => Path.GetFileName(p.Path)));
            Assert.Equal([100, 400], [demo.Pictures[0].Images, demo.Pictures[3].Images]);

            var digits = Cells(Image.Read(Path.Combine(folder, "samples.png")), 10);
            TensorScope.Run(() =>
            {
                var images = Tensor.From(digits, 100, 1, 28, 28);
                var raw = judge.Judge(images);
                Assert.InRange(raw.Count(j => j.Confidence >= 0.8), 70, 100);
                Assert.Equal(10, raw.Select(j => j.Digit).Distinct().Count());

                // Uncalibrated, the judge is sure of noise as well. Calibrated on real digits it is sure of 97 in 100 of them
                // and of no noise (DigitClassifierTests); of this model's samples it is sure of about 63.
                var mnist = Data.Sets.DataSets.Open(new Data.DataOptions { Source = "mnist" });
                var real = Data.LoaderTensors.Pick(mnist.Train, [.. Enumerable.Range(0, 2000)]);
                judge.Calibrate(real.Images, real.Labels!);
                Assert.InRange(judge.Judge(images).Count(j => j.Confidence >= 0.8), 50, 100);
            });
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // The grid's images of 28x28: scaled by 2, with a border of 2 around each.
    private static float[] Cells(Image grid, int side)
    {
        const int size = 28, scale = 2, border = 2;
        Assert.Equal((side * ((size * scale) + border)) + border, grid.Width);
        var cells = new float[side * side * size * size];
        for (var i = 0; i < cells.Length; i++)
        {
            var (cell, y, x) = (i / (size * size), i / size % size, i % size);
            var (top, left) = (border + (cell / side * ((size * scale) + border)), border + (cell % side * ((size * scale) + border)));
            cells[i] = grid.Pixels[(((top + (y * scale)) * grid.Width) + left + (x * scale)) * grid.Channels] / 255f;
        }

        return cells;
    }

    private sealed class Silent : IProgress<WorkEvent>
    {
        public void Report(WorkEvent value)
        {
        }
    }
}
