using System.Text.Json;
using Figment.App;
using Figment.Cli.Screen;
using Xunit;

namespace Figment.Cli.Tests;

public class ProgressTests
{
    private static StepsDone Steps(long step, long last = 1000) =>
        new(step, last, step / 100.0, 25_000, 10, 30, new Dictionary<string, double> { ["loss"] = 103.2149, ["kl"] = 25.3 });

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }

    [Fact]
    public void Plain_progress_has_no_escape_codes_and_whole_lines()
    {
        using var text = new StringWriter();
        using (var view = new PlainProgress(text, new Clock()))
        {
            view.Report(new RunStarted("r", "runs/r", "vae", "mnist", 0, 1000, 652_824));
            view.Report(Steps(100));
            view.Report(new RunEnded("r", "runs/r", "completed", 1000, 40, Steps(1).Metrics));
        }

        Assert.DoesNotContain('\x1b', text.ToString());
        Assert.DoesNotContain('\r', text.ToString());
        Assert.Contains("step 100/1,000  25,000 examples/s  loss 103.21  kl 25.30  0:30 left\n", text.ToString());
    }

    [Fact]
    public void Plain_progress_tells_little_and_always_the_end()
    {
        using var text = new StringWriter();
        var clock = new Clock();
        using var view = new PlainProgress(text, clock);
        for (var step = 1; step <= 1000; step++)
        {
            clock.Seconds = step * 0.02;
            view.Report(Steps(step));
        }

        var lines = text.ToString().TrimEnd().Split('\n');
        Assert.InRange(lines.Length, 4, 6);
        Assert.StartsWith("step 1,000/1,000", lines[^1]);
    }

    [Fact]
    public void Live_progress_redraws_one_line_and_keeps_it_inside_the_terminal()
    {
        using var text = new StringWriter();
        var clock = new Clock();
        using (var view = new LiveProgress(text, colour: false, () => 90, clock))
        {
            for (var step = 1; step < 1000; step++)
            {
                clock.Seconds = step * 0.01;
                view.Report(Steps(step));
            }
        }

        var drawn = text.ToString().Split("\r\x1b[2K");
        Assert.InRange(drawn.Length, 90, 110); // ten a second
        Assert.All(drawn, line => Assert.True(line.TrimEnd('\n').Length < 90));
        Assert.Contains("step 999/1,000", drawn[^1]); // what is left on the screen is the last state
        Assert.EndsWith("\n", drawn[^1]);
    }

    [Fact]
    public void The_end_of_a_run_takes_the_place_of_its_bar()
    {
        using var text = new StringWriter();
        using (var view = new LiveProgress(text, colour: false, () => 90, new Clock()))
        {
            view.Report(Steps(7));
            view.Report(new RunEnded("r", "runs/r", "asked to stop", 7, 1, Steps(7).Metrics));
        }

        Assert.EndsWith("\r\x1b[2Ktrained for 0:01  loss 103.21  kl 25.30\n", text.ToString());
    }

    [Fact]
    public void What_is_told_once_scrolls_above_the_bar()
    {
        using var text = new StringWriter();
        using (var view = new LiveProgress(text, colour: false, () => 90, new Clock()))
        {
            view.Report(Steps(1));
            view.Report(new Remark("a word"));
        }

        Assert.Contains("\r\x1b[2Ka word\n", text.ToString());
    }

    [Fact]
    public void Json_progress_is_one_object_a_line()
    {
        using var text = new StringWriter();
        var terminal = new Terminal(text, TextWriter.Null, true, true, true, () => 90);
        using (var view = Progress.Create(terminal, ProgressMode.Json, resultIsJson: false))
        {
            view.Report(Steps(7));
            view.Report(new FileWritten("checkpoint", "runs/r/checkpoints/step-7", 7));
        }

        var events = text.ToString().TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal("steps", events[0].GetProperty("event").GetString());
        Assert.Equal(7, events[0].GetProperty("step").GetInt64());
        Assert.Equal("written", events[1].GetProperty("event").GetString());
    }

    [Fact]
    public void Progress_leaves_the_output_to_a_json_result()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var terminal = new Terminal(output, error, false, false, false, () => 90);
        using (var view = Progress.Create(terminal, ProgressMode.Auto, resultIsJson: true)) view.Report(Steps(1));
        Assert.Empty(output.ToString());
        Assert.NotEmpty(error.ToString());
    }

    [Theory]
    [InlineData(7, "0:07")]
    [InlineData(754, "12:34")]
    [InlineData(3723, "1:02:03")]
    [InlineData(double.PositiveInfinity, "-:--")]
    [InlineData(-3, "0:00")]
    public void Times_read_as_on_a_clock(double seconds, string expected) => Assert.Equal(expected, Phrases.Time(seconds));

    [Theory]
    [InlineData(103.2149, "103.21")]
    [InlineData(0.01234, "0.0123")]
    [InlineData(0, "0")]
    [InlineData(1.5e-5, "1.5e-5")]
    [InlineData(12345.67, "12345.7")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void Values_keep_their_telling_digits(double value, string expected) => Assert.Equal(expected, Phrases.Value(value));
}
