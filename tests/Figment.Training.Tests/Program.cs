using Figment.Training.Tests.Training;

namespace Figment.Training.Tests;

internal static class Program
{
    public static int Main(string[] args)
    {
        if (args is [ToyProgram.Word, ..])
            return ToyProgram.Run(args[1..]);
        return args.Any(a => a is "--server" or "--internal-msbuild-node")
            ? Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework
                .RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions).GetAwaiter().GetResult()
            : Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args).GetAwaiter().GetResult();
    }
}
