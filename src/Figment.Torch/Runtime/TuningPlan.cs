using System.Globalization;

namespace Figment.Torch.Runtime;

/// <summary>Who decided a setting.</summary>
public enum TuningSource
{
    /// <summary>Figment, from the facts of the machine.</summary>
    Decided,

    /// <summary>The user, by an environment variable.</summary>
    Environment,

    /// <summary>Nobody: the libraries' own default stays.</summary>
    Default,
}

/// <summary>How a setting reaches the native libraries.</summary>
public enum TuningKind
{
    /// <summary>An environment variable that a library reads while it is loaded.</summary>
    Variable,

    /// <summary>A parameter of glibc's allocator.</summary>
    Allocator,

    /// <summary>A library loaded before libtorch asks for one of that name.</summary>
    Library,

    /// <summary>A choice within Figment's own bridge.</summary>
    Bridge,
}

/// <summary>One setting made before libtorch is loaded.</summary>
/// <param name="Kind">How it is applied.</param>
/// <param name="Name">The variable, allocator parameter or library name.</param>
/// <param name="Value">Its value; empty when the default stays.</param>
/// <param name="Source">Who decided.</param>
/// <param name="Reason">Why, in a clause that a person can read.</param>
/// <param name="Alternative">What Figment would have chosen where the user decided otherwise; else null.</param>
public sealed record TuningChoice(
    TuningKind Kind, string Name, string Value, TuningSource Source, string Reason, string? Alternative = null);

/// <summary>
/// The settings that make libtorch several times faster on a CPU, each with its reason. Deciding is a pure function of
/// the machine's facts and the environment; <see cref="RuntimeTuning"/> applies the result.
/// </summary>
/// <remarks>
/// The environment wins everywhere: a variable that a library reads itself (<c>OMP_NUM_THREADS</c>,
/// <c>OPENBLAS_CORETYPE</c>, <c>GOMP_SPINCOUNT</c>, <c>OMP_WAIT_POLICY</c>, <c>MALLOC_*_</c>) stays as the user set it;
/// <c>FIGMENT_THREADS</c> sets the threads of every library at once; <c>FIGMENT_BLAS</c> is a path, or <c>system</c>;
/// <c>FIGMENT_ALLOCATOR=system</c> leaves the memory of tensors to libtorch; <c>FIGMENT_PRODUCTS=blas</c> leaves matrix
/// products to the BLAS; <c>FIGMENT_TUNING=off</c> leaves everything alone.
/// </remarks>
public sealed record TuningPlan(IReadOnlyList<TuningChoice> Choices)
{
    // Buffers below 16 MiB come from the heap and stay there when freed: handing each back to the kernel means that
    // every step pays for fresh, zeroed pages again. Larger ones are mapped one by one, because the holes that they
    // would leave in the heap double the peak of a deep network (ADR 8).
    private const string KeepInHeap = "16777216";
    private const string NeverTrim = "2147483647";

    /// <summary>The value chosen for a setting, or null where the default stays.</summary>
    public string? this[string name] =>
        Choices.FirstOrDefault(choice => choice.Name == name)
            is { Source: not TuningSource.Default } choice ? choice.Value : null;

    /// <summary>Decides every setting. Same arguments, same plan; nothing is read or changed.</summary>
    public static TuningPlan Decide(MachineFacts facts, IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(environment);
        if (environment.GetValueOrDefault("FIGMENT_TUNING") is "off" or "0")
            return new TuningPlan([]);

        return new TuningPlan(
        [
            DecideBlas(facts, environment),
            UnlessSet("OPENBLAS_CORETYPE", environment, DecideCoreType(facts)),
            DecideThreads(facts, environment),
            UnlessSet("GOMP_SPINCOUNT", environment, DecideSpinning(facts, environment)),
            UnlessSet("MALLOC_ARENA_MAX", environment, Allocator("M_ARENA_MAX", "1",
                "the thresholds below reach worker threads only when they share the main arena")),
            UnlessSet("MALLOC_MMAP_THRESHOLD_", environment, Allocator("M_MMAP_THRESHOLD", KeepInHeap,
                "large buffers are reused instead of mapped and zeroed again at every step")),
            UnlessSet("MALLOC_TRIM_THRESHOLD_", environment, Allocator("M_TRIM_THRESHOLD", NeverTrim,
                "freed memory at the heap's end is kept for the next step")),
            UnlessSet("FIGMENT_ALLOCATOR", environment, DecideAllocator(environment)),
            UnlessSet("FIGMENT_PRODUCTS", environment, DecideProducts(environment)),
        ]);
    }

    // What the user set in the environment stands; the decision is kept beside it.
    private static TuningChoice UnlessSet(string variable,
        IReadOnlyDictionary<string, string> environment, TuningChoice decided) =>
        environment.TryGetValue(variable, out var value) && value.Length > 0
            ? decided with
            {
                Value = value,
                Source = TuningSource.Environment,
                Reason = $"{variable} is set in the environment",
                Alternative = decided.Source == TuningSource.Decided ? decided.Value : null,
            }
            : decided;

    private static TuningChoice DecideBlas(MachineFacts facts, IReadOnlyDictionary<string, string> environment)
    {
        const string name = "libblas.so.3";
        if (environment.TryGetValue("FIGMENT_BLAS", out var chosen) && chosen.Length > 0)
            return chosen == "system"
                ? new(TuningKind.Library, name, "", TuningSource.Default,
                    "FIGMENT_BLAS=system leaves the choice to the system")
                : new(TuningKind.Library, name, chosen, TuningSource.Environment, "FIGMENT_BLAS names it");

        var openMp = facts.BlasLibraries.FirstOrDefault(path =>
            path.Contains("openblas-openmp", StringComparison.Ordinal));
        return openMp is not null
            ? new(TuningKind.Library, name, openMp, TuningSource.Decided,
                "OpenBLAS's OpenMP build shares libtorch's threads; other builds bring threads of their own that "
                + "fight with them")
            : new(TuningKind.Library, name, "", TuningSource.Default,
                "the OpenMP build of OpenBLAS is not installed (on Debian: apt install libopenblas0-openmp)");
    }

    private static TuningChoice DecideAllocator(IReadOnlyDictionary<string, string> environment)
    {
        const string name = "FIGMENT_ALLOCATOR";
        return environment.GetValueOrDefault(name) is { Length: > 0 } text and not ("own" or "system")
            ? throw new TuningException($"{name} is '{text}'; it must be own or system")
            : new(TuningKind.Bridge, name, "own", TuningSource.Decided,
                "large tensors lie on huge pages and are reused from step to step");
    }

    private static TuningChoice DecideProducts(IReadOnlyDictionary<string, string> environment)
    {
        const string name = "FIGMENT_PRODUCTS";
        return environment.GetValueOrDefault(name) is { Length: > 0 } text and not ("onednn" or "blas")
            ? throw new TuningException($"{name} is '{text}'; it must be onednn or blas")
            : new(TuningKind.Bridge, name, "onednn", TuningSource.Decided,
                "oneDNN's matrix products are as fast as OpenBLAS's where they are large and faster where they are "
                + "narrow");
    }

    private static TuningChoice DecideCoreType(MachineFacts facts)
    {
        bool Has(params string[] flags) => flags.All(facts.CpuFlags.Contains);
        return facts.Architecture != "X64"
            ? Left("OpenBLAS detects this architecture's cores itself")
            : Has("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl")
                ? Has("avx512_bf16")
                    ? Decided("COOPERLAKE", "the processor has AVX-512 with bfloat16; OpenBLAS may not know its model")
                    : Decided("SKYLAKEX", "the processor has AVX-512; OpenBLAS may not know its model")
                : Has("avx2", "fma")
                    ? Decided("HASWELL", "the processor has AVX2 and FMA")
                    : Left("neither AVX-512 nor AVX2: OpenBLAS detects");

        static TuningChoice Decided(string core, string why) =>
            new(TuningKind.Variable, "OPENBLAS_CORETYPE", core, TuningSource.Decided, why);
        static TuningChoice Left(string why) =>
            new(TuningKind.Variable, "OPENBLAS_CORETYPE", "", TuningSource.Default, why);
    }

    /// <summary>Whether a processor has the instructions that one of OpenBLAS's core types uses; unknown types are
    /// refused.</summary>
    public static bool CanRun(string coreType, MachineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(coreType);
        ArgumentNullException.ThrowIfNull(facts);
        string[]? needed = coreType.ToUpperInvariant() switch
        {
            "COOPERLAKE" => ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_bf16"],
            "SKYLAKEX" => ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
            "HASWELL" or "ZEN" => ["avx2", "fma"],
            _ => null,
        };
        return needed is not null && needed.All(facts.CpuFlags.Contains);
    }

    /// <summary>Whether the user, or the run that is gone on with, has set the number of threads.</summary>
    internal static bool ThreadsAreSet(IReadOnlyDictionary<string, string> environment) =>
        environment.GetValueOrDefault("FIGMENT_TUNING") is "off" or "0"
        || environment.GetValueOrDefault("FIGMENT_THREADS") is { Length: > 0 }
        || environment.GetValueOrDefault("OMP_NUM_THREADS") is { Length: > 0 };

    private static TuningChoice DecideThreads(MachineFacts facts, IReadOnlyDictionary<string, string> environment)
    {
        const string name = "OMP_NUM_THREADS";
        if (environment.TryGetValue("FIGMENT_THREADS", out var text) && text.Length > 0)
        {
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var wanted)
                || wanted is < 1 or > 1024)
                throw new TuningException($"FIGMENT_THREADS must be a whole number from 1 to 1024, not '{text}'.");
            return new(TuningKind.Variable, name, Text(wanted), TuningSource.Environment,
                "FIGMENT_THREADS asks for it");
        }

        var threads = facts.PhysicalCores;
        var why = facts.AllowedCpus > facts.PhysicalCores
            ? $"one for each of {facts.PhysicalCores} physical cores; their second hardware threads share its "
                + "arithmetic units"
            : $"one for each of {facts.PhysicalCores} cores that this process may use";
        if (facts.CpuQuota is { } quota && Math.Ceiling(quota) < threads)
        {
            threads = Math.Max(1, (int)Math.Ceiling(quota));
            why = $"the container is limited to {quota:0.##} processors";
        }

        // A processor that is less than three quarters busy is still taken: a short burst elsewhere, as a program that
        // ends, must not change a run's threads, and with them its bits.
        var free = Math.Max(1, (int)Math.Floor(facts.AllowedCpus - facts.BusyProcessors + 0.75));
        if (free < threads)
        {
            threads = free;
            why = $"other processes keep {facts.BusyProcessors:0.0} of {facts.AllowedCpus} processors busy; a thread "
                + "that waits for a shared core holds up the others at every operator";
        }

        return UnlessSet(name, environment, new(TuningKind.Variable, name, Text(threads), TuningSource.Decided, why));
    }

    // A thread that waits for work spins first, because waking it costs more than a small operator; but while it spins
    // on a core that another process wants, nobody works. Measured on 2 cores with a training step of many small
    // operators: in company of 16 busy processes 400 steps took 10 s with a count of 1,000, as long as without
    // spinning, 21 s with 10,000 and 95 s with 100,000; alone, 1,000 costs a tenth against endless spinning.
    private static TuningChoice DecideSpinning(MachineFacts facts, IReadOnlyDictionary<string, string> environment)
    {
        const string name = "GOMP_SPINCOUNT";
        if (environment.TryGetValue("OMP_WAIT_POLICY", out var policy) && policy.Length > 0)
            return new(TuningKind.Variable, name, "", TuningSource.Default, $"OMP_WAIT_POLICY={policy} decides it");
        return facts.CpuQuota is { } quota && quota < facts.AllowedCpus
            ? new(TuningKind.Variable, name, "300", TuningSource.Decided,
                "waiting threads spin shortly: spinning uses up the container's quota")
            : new(TuningKind.Variable, name, "1000", TuningSource.Decided,
                "waiting threads spin between two operators, and sleep before they block other processes");
    }

    private static TuningChoice Allocator(string name, string value, string why) =>
        new(TuningKind.Allocator, name, value, TuningSource.Decided, why);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
