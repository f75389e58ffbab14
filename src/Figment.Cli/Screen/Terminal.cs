namespace Figment.Cli.Screen;

/// <summary>Where the program prints, and what that place can show.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Errors, and progress while results are JSON.</param>
/// <param name="OutIsLive">Results go to a terminal that can redraw a line.</param>
/// <param name="ErrorIsLive">Errors go to such a terminal.</param>
/// <param name="HasColour">Colours may be used on a terminal.</param>
/// <param name="Width">Columns of the terminal; 120 where there is none.</param>
internal sealed record Terminal(
    TextWriter Out, TextWriter Error, bool OutIsLive, bool ErrorIsLive, bool HasColour, Func<int> Width)
{
    /// <summary>The process's own streams. NO_COLOR and TERM=dumb are honoured.</summary>
    public static Terminal OfProcess()
    {
        var dumb = Environment.GetEnvironmentVariable("TERM") is "dumb" or null or "";
        var colour = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return new Terminal(Console.Out, Console.Error, !Console.IsOutputRedirected && !dumb,
            !Console.IsErrorRedirected && !dumb, colour && !dumb, WidthOfProcess);
    }

    private static int WidthOfProcess()
    {
        try
        {
            return Console.WindowWidth is > 0 and var width ? width : 120;
        }
        catch (IOException)
        {
            return 120;
        }
    }
}
