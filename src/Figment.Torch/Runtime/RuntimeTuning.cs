using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Figment.Torch.Runtime;

/// <summary>
/// Applies the <see cref="TuningPlan"/> once a process. It must run before anything loads libtorch, OpenBLAS, OpenMP or
/// OpenCV, because they read their environment while they are loaded; every loader of a native bridge calls it first.
/// </summary>
public static partial class RuntimeTuning
{
    private static readonly Dictionary<string, string> Restored = new(StringComparer.Ordinal);
    private static bool heedOthers;
    private static readonly Lazy<(MachineFacts Facts, TuningPlan Plan)> State = new(Apply);

    /// <summary>The facts that the applied plan rests on. Applies the plan if that has not happened.</summary>
    public static MachineFacts Facts => State.Value.Facts;

    /// <summary>The plan as applied. Applies it if that has not happened.</summary>
    public static TuningPlan Plan => State.Value.Plan;

    /// <summary>
    /// Asks for a setting that an earlier process had, so that a resumed run computes the same bits. Only before the
    /// plan is applied; a core type that this processor cannot run is not taken, because it would crash.
    /// </summary>
    /// <param name="variable"><c>OMP_NUM_THREADS</c>, <c>OPENBLAS_CORETYPE</c> or <c>FIGMENT_PRODUCTS</c>.</param>
    /// <param name="value">Its value then.</param>
    /// <returns>False when it comes too late or cannot be.</returns>
    public static bool Restore(string variable, string value)
    {
        if (State.IsValueCreated || (variable == "OPENBLAS_CORETYPE" && !TuningPlan.CanRun(value, MachineFacts.Read())))
            return false;
        Restored[variable] = value;
        return true;
    }

    /// <summary>
    /// Lets the plan see how busy other processes keep the processors, which takes a tenth of a second: for a run that
    /// will take longer than that. Only before the plan is applied, and where no one has set the threads.
    /// </summary>
    public static void HeedOtherProcesses() => heedOthers = true;

    /// <summary>Applies the plan; every call but the first does nothing.</summary>
    /// <exception cref="TuningException">An environment variable of Figment's holds no valid value.</exception>
    public static void EnsureApplied() => _ = State.Value;

    /// <summary>
    /// Gives cuBLAS a workspace of fixed size, without which its products may differ from run to run and libtorch
    /// refuses them while it must be deterministic. To be called before the first product on a GPU; what the user set
    /// stands.
    /// </summary>
    public static void PrepareForCuda() => _ = SetEnv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", overwrite: 0);

    private static (MachineFacts Facts, TuningPlan Plan) Apply()
    {
        var facts = MachineFacts.Read();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
            environment[(string)entry.Key] = (string?)entry.Value ?? "";

        foreach (var (variable, value) in Restored)
        {
            environment[variable] = value;
            if (variable == "OMP_NUM_THREADS") environment.Remove("FIGMENT_THREADS");
        }

        if (heedOthers && !TuningPlan.ThreadsAreSet(environment))
            facts = facts with { BusyProcessors = ProcessorLoad.OfOthers() };
        var plan = TuningPlan.Decide(facts, environment);
        if (!OperatingSystem.IsLinux()) return (facts, plan);

        // Variables first: OpenBLAS and OpenMP read them when the library among the choices is loaded.
        foreach (var choice in plan.Choices.OrderBy(choice => choice.Kind)) Apply(choice);
        return (facts, plan);
    }

    private static void Apply(TuningChoice choice)
    {
        if (choice.Source == TuningSource.Default) return;
        switch (choice.Kind)
        {
            case TuningKind.Variable:
                // libc's own table: .NET changes only a copy of it, which native libraries never see.
                _ = SetEnv(choice.Name, choice.Value, overwrite: 1);
                break;
            case TuningKind.Allocator when choice.Source == TuningSource.Decided:
                _ = MallOpt(AllocatorParameter(choice.Name), int.Parse(choice.Value, CultureInfo.InvariantCulture));
                break;
            case TuningKind.Library:
                LoadFirst(choice.Value);
                break;
        }
    }

    // A library that is already loaded under the name that libtorch asks for is taken instead of the system's choice; a
    // libtorch with a BLAS of its own asks for none and is left as it is. LAPACK comes from the same build.
    private static void LoadFirst(string blas)
    {
        if (!NativeLibrary.TryLoad(blas, out _)) return;
        if (Path.GetDirectoryName(blas) is { } folder)
            NativeLibrary.TryLoad(Path.Combine(folder, "liblapack.so.3"), out _);
    }

    // The numbers are those of glibc's malloc.h.
    private static int AllocatorParameter(string name) => name switch
    {
        "M_TRIM_THRESHOLD" => -1,
        "M_MMAP_THRESHOLD" => -3,
        "M_ARENA_MAX" => -8,
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "not a parameter of mallopt"),
    };

    [LibraryImport("libc.so.6", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);
}
