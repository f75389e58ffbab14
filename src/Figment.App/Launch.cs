using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Figment.Training.Distributed;

namespace Figment.App;

/// <summary>A command that several processes of this machine are to do together.</summary>
/// <param name="Processes">How many; at least 1.</param>
/// <param name="Arguments">The command line after the program's name, as in <c>train vae-mnist</c>.</param>
/// <param name="Port">Where they meet; null takes one that is free.</param>
public sealed record LaunchRequest(int Processes, IReadOnlyList<string> Arguments, int? Port = null);

/// <summary>Starts the ranks of a training on this machine and looks after them.</summary>
public static class Launch
{
    private static readonly TimeSpan askAfter = TimeSpan.FromSeconds(14);
    private static readonly TimeSpan insistAfter = TimeSpan.FromSeconds(19);
    private static readonly TimeSpan killAfter = TimeSpan.FromSeconds(24);

    /// <summary>In a process that <see cref="Run"/> started: ends with its launcher. Elsewhere it does
    /// nothing.</summary>
    public static void DieWithLauncher() => ProcessTies.DieWithLauncher();

    /// <summary>Starts this program once a rank and returns when all have ended. The first rank has the terminal; what
    /// the others print is told with their number. When one fails, the others are given 14 s to end by themselves, are
    /// then asked to, and after 24 s killed.</summary>
    /// <param name="request">What to start.</param>
    /// <param name="say">Takes a line for people.</param>
    /// <returns>0, or the exit code of the rank that failed first (128 plus the number of a signal that ended it), or
    /// 130 or 143 when this process was asked to stop.</returns>
    public static int Run(LaunchRequest request, Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(say);
        var gate = new Lock();
        void Tell(string line)
        {
            lock (gate) say(line);
        }

        var port = request.Port ?? FreePort();
        var ranks = new List<Process>();
        var asked = 0;
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            Interlocked.CompareExchange(ref asked, context.Signal == PosixSignal.SIGINT ? 130 : 143, 0);
            lock (gate)
                foreach (var rank in ranks.Where(rank => !rank.HasExited)) ProcessTies.AskToStop(rank.Id);
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            // On this thread: the kernel takes the end of the thread that started a process for the end of its parent.
            for (var rank = 0; rank < request.Processes; rank++)
            {
                var started = Start(request, rank, port, Tell);
                lock (gate) ranks.Add(started);
            }

            return Await(ranks, Tell, () => Volatile.Read(ref asked));
        }
        finally
        {
            foreach (var rank in ranks)
            {
                if (!rank.HasExited) rank.Kill();
                rank.Dispose();
            }
        }
    }

    private static int Await(List<Process> ranks, Action<string> say, Func<int> asked)
    {
        (int Rank, int Code)? failed = null;
        var since = Stopwatch.StartNew();
        var urged = 0;
        while (ranks.Any(rank => !rank.HasExited))
        {
            Thread.Sleep(50);
            if (failed is null && (failed = Failure(ranks, asked())) is { } first)
            {
                say($"figment: rank {first.Rank} {Describe(first.Code)}; the other ranks are being stopped. "
                    + "figment resume goes on from the last checkpoint.");
                since.Restart();
            }

            if (failed is null || since.Elapsed < askAfter) continue;
            var level = since.Elapsed > killAfter ? 3 : since.Elapsed > insistAfter ? 2 : 1;
            if (level <= urged) continue;
            urged = level;
            foreach (var rank in ranks.Where(rank => !rank.HasExited))
            {
                if (level == 3) rank.Kill();
                else ProcessTies.AskToStop(rank.Id);
            }
        }

        foreach (var rank in ranks) rank.WaitForExit(); // the last lines of its output
        if (failed is null && (failed = Failure(ranks, asked())) is { } late)
            say($"figment: rank {late.Rank} {Describe(late.Code)}.");
        return asked() is var signal and not 0 ? signal : failed?.Code ?? 0;
    }

    // Of several that failed at once, one that a signal ended is the cause.
    private static (int Rank, int Code)? Failure(List<Process> ranks, int asked)
    {
        var failures = ranks.Select((rank, number) => (Rank: number, Code: rank.HasExited ? rank.ExitCode : 0))
            .Where(rank => rank.Code != 0 && !(asked != 0 && rank.Code is 1 or 130 or 143)).ToList();
        return failures.Count == 0 ? null : failures.OrderByDescending(rank => rank.Code > 128).First();
    }

    private static string Describe(int code) => code switch
    {
        128 + 9 => "was killed (SIGKILL)",
        128 + 15 => "was ended by SIGTERM",
        128 + 11 => "crashed (SIGSEGV)",
        128 + 6 => "crashed (SIGABRT)",
        > 128 => $"was ended by signal {code - 128}",
        _ => $"failed with exit code {code}",
    };

    private static Process Start(LaunchRequest request, int rank, int port, Action<string> say)
    {
        var others = rank > 0;
        var start = new ProcessStartInfo(Environment.ProcessPath!, request.Arguments)
        {
            RedirectStandardOutput = others,
            RedirectStandardError = others,
        };
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)
        [
            ("RANK", $"{rank}"), ("LOCAL_RANK", $"{rank}"), ("WORLD_SIZE", $"{request.Processes}"),
            ("MASTER_ADDR", "127.0.0.1"),
            ("MASTER_PORT", $"{port}"), (ProcessTies.LauncherVariable, $"{Environment.ProcessId}"),
        ])
            start.Environment[name] = value;
        if (!start.Environment.ContainsKey("OMP_NUM_THREADS") && !start.Environment.ContainsKey("FIGMENT_THREADS"))
            start.Environment["OMP_NUM_THREADS"] = $"{Math.Max(1, Environment.ProcessorCount / request.Processes)}";
        var process = Process.Start(start)!;
        if (others)
        {
            process.OutputDataReceived += (_, line) => Prefix(line.Data);
            process.ErrorDataReceived += (_, line) => Prefix(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }

        return process;

        void Prefix(string? line)
        {
            if (line is not null) say($"[rank {rank}] {line}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
