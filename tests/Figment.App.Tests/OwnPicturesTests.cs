using Figment.Data.Images;
using Xunit;

namespace Figment.App.Tests;

/// <summary>A folder of whatever lies in it, and the command of the guide that names nothing but the folder.</summary>
public class OwnPicturesTests
{
    [Fact]
    public void Pictures_of_any_sizes_and_kinds_train_a_model_and_what_is_left_out_is_told()
    {
        using var workspace = new Workspace();
        var folder = Directory.CreateDirectory(workspace.File("photos")).FullName;
        for (var n = 0; n < 30; n++)
        {
            var (width, height, channels) = (20 + (7 * n), 90 - (2 * n), n % 4 == 0 ? 1 : 3);
            var picture = new Image(width, height, channels, [.. Enumerable.Range(0, width * height * channels).Select(i => (byte)(i * (n + 1)))]);
            File.WriteAllBytes(Path.Combine(folder, n % 2 == 0 ? $"{n:00}.png" : $"{n:00}.jpg"), picture.Encode(n % 2 == 0 ? ImageFormat.Png : ImageFormat.Jpeg));
        }

        var whole = File.ReadAllBytes(Path.Combine(folder, "01.jpg"));
        File.WriteAllBytes(Path.Combine(folder, "cut.jpg"), whole[..(whole.Length / 2)]);
        File.WriteAllText(Path.Combine(folder, "letter.png"), "Dear Figment,");
        File.WriteAllBytes(Path.Combine(folder, "dot.png"), new Image(1, 1, 1, [200]).Encode(ImageFormat.Png));
        File.WriteAllText(Path.Combine(folder, "list.txt"), "no picture, and not called one");

        var events = new Events();
        var run = Train.Start(new TrainRequest
        {
            What = "conv-vae",
            Data = folder,
            Steps = 2,
            RunsFolder = workspace.Runs,
            Sets = ["plan.batch=8", "plan.preview-interval=0", "model.channels=4", "model.hidden=16"],
        }, events);
        Assert.Equal(2, run.Step);
        Assert.Equal(
        [
            $"{folder}: pictures of different sizes, brought to 64 x 64; choose another size with --size",
            $"{folder}: skipped 2 of 33 pictures",
        ], events.Told.OfType<Remark>().Select(remark => remark.Text).Take(2));
        var left = events.Told.OfType<Remark>().Select(remark => remark.Text).Skip(2).Take(2).ToList();
        Assert.StartsWith("  cut.jpg: ", left[0]);
        Assert.StartsWith("  letter.png: is not a PNG or JPEG picture", left[1]);
        // The same pictures come back at the model's size.
        var source = new ModelSource { Run = run.Run, RunsFolder = workspace.Runs };
        Assert.Equal(4, Pictures.Reconstruct(new ReconstructRequest { Source = source, Count = 2 }, events).Images);
    }
}
