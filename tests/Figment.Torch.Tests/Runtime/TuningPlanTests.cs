using Figment.Torch.Runtime;
using Xunit;

namespace Figment.Torch.Tests.Runtime;

public class TuningPlanTests
{
    private const string OpenMpBlas = "/usr/lib/x86_64-linux-gnu/openblas-openmp/libblas.so.3";
    private static readonly string[] Avx512 = ["avx2", "fma", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"];

    private static MachineFacts Machine(string[]? flags = null, int allowed = 8, int cores = 4, double? quota = null,
        string architecture = "X64", string[]? blas = null) =>
        new(architecture, "a processor", (flags ?? Avx512).ToHashSet(), allowed, cores, quota, blas ?? [OpenMpBlas]);

    private static TuningPlan Decide(MachineFacts facts, params (string Name, string Value)[] environment) =>
        TuningPlan.Decide(facts, environment.ToDictionary(pair => pair.Name, pair => pair.Value));

    [Theory]
    [InlineData("avx2 fma avx512f avx512bw avx512cd avx512dq avx512vl avx512_bf16", "COOPERLAKE")]
    [InlineData("avx2 fma avx512f avx512bw avx512cd avx512dq avx512vl", "SKYLAKEX")]
    [InlineData("avx2 fma avx512f", "HASWELL")]
    [InlineData("avx2 fma", "HASWELL")]
    [InlineData("avx", null)]
    public void The_core_type_follows_the_flags(string flags, string? expected) =>
        Assert.Equal(expected, Decide(Machine(flags.Split(' ')))["OPENBLAS_CORETYPE"]);

    [Fact]
    public void Products_go_to_oneDnn_unless_the_user_says_otherwise()
    {
        Assert.Equal("onednn", Decide(Machine())["FIGMENT_PRODUCTS"]);
        Assert.Equal("blas", Decide(Machine(), ("FIGMENT_PRODUCTS", "blas"))["FIGMENT_PRODUCTS"]);
        Assert.Null(Decide(Machine(), ("FIGMENT_TUNING", "off"))["FIGMENT_PRODUCTS"]);
        var error = Assert.Throws<TuningException>(() => Decide(Machine(), ("FIGMENT_PRODUCTS", "mkl")));
        Assert.Contains("onednn or blas", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arm_keeps_openblas_own_detection() =>
        Assert.Null(Decide(Machine(["asimd"], architecture: "Arm64"))["OPENBLAS_CORETYPE"]);

    [Fact]
    public void One_thread_for_each_physical_core() => Assert.Equal("4", Decide(Machine())["OMP_NUM_THREADS"]);

    [Theory]
    [InlineData(1.5, "2")]
    [InlineData(0.2, "1")]
    [InlineData(64.0, "4")]
    public void A_containers_quota_limits_the_threads(double quota, string expected) =>
        Assert.Equal(expected, Decide(Machine(quota: quota))["OMP_NUM_THREADS"]);

    [Theory]
    [InlineData(2, 2, 0.0, "2")]
    [InlineData(2, 2, 0.4, "2")]
    [InlineData(2, 2, 1.0, "1")]
    [InlineData(2, 2, 2.0, "1")]
    [InlineData(8, 4, 3.0, "4")] // second hardware threads are free
    [InlineData(8, 4, 6.0, "2")]
    public void Threads_leave_other_processes_the_processors_that_they_use(int allowed, int cores, double busy, string expected)
    {
        var plan = Decide(Machine(allowed: allowed, cores: cores) with { BusyProcessors = busy });
        Assert.Equal(expected, plan["OMP_NUM_THREADS"]);
        Assert.Equal("7", Decide(Machine() with { BusyProcessors = busy }, ("FIGMENT_THREADS", "7"))["OMP_NUM_THREADS"]);
    }

    [Fact]
    public void The_load_is_read_from_the_processors_that_are_allowed()
    {
        const string before = "cpu  9 9 9 9 9 9 9 9\ncpu0 100 0 50 800 50 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\n";
        const string after = "cpu  9 9 9 9 9 9 9 9\ncpu0 104 3 51 802 50 0 0 0 0 0\ncpu1 5 0 3 0 0 0 1 1 0 0\nintr 5\n";
        Assert.Equal(0.5, ProcessorLoad.Busy(before, after, [0])); // nice work gives way
        Assert.Equal(1.5, ProcessorLoad.Busy(before, after, [0, 1, 2]));
        Assert.Equal(0, ProcessorLoad.Busy(before, before, [0]));
        Assert.InRange(ProcessorLoad.OfOthers(), 0, 1024);
    }

    [Fact]
    public void A_quota_shortens_the_spinning() =>
        Assert.True(int.Parse(Decide(Machine(quota: 2))["GOMP_SPINCOUNT"]!) < int.Parse(Decide(Machine())["GOMP_SPINCOUNT"]!));

    [Theory]
    [InlineData("OPENBLAS_CORETYPE", "ZEN")]
    [InlineData("OMP_NUM_THREADS", "3")]
    [InlineData("GOMP_SPINCOUNT", "7")]
    public void A_variable_of_the_users_wins(string name, string value)
    {
        var choice = Decide(Machine(), (name, value)).Choices.Single(choice => choice.Name == name);
        Assert.Equal(value, choice.Value);
        Assert.Equal(TuningSource.Environment, choice.Source);
    }

    [Fact]
    public void Figment_threads_wins_over_omp_num_threads() =>
        Assert.Equal("5", Decide(Machine(), ("FIGMENT_THREADS", "5"), ("OMP_NUM_THREADS", "3"))["OMP_NUM_THREADS"]);

    [Theory]
    [InlineData("many")]
    [InlineData("0")]
    [InlineData("-2")]
    public void Threads_that_are_no_count_are_refused(string text) =>
        Assert.Contains(text, Assert.Throws<TuningException>(() => Decide(Machine(), ("FIGMENT_THREADS", text))).Message);

    [Fact]
    public void A_wait_policy_of_the_users_leaves_the_spinning_alone() =>
        Assert.Null(Decide(Machine(), ("OMP_WAIT_POLICY", "passive"))["GOMP_SPINCOUNT"]);

    [Fact]
    public void An_allocator_variable_of_the_users_wins() =>
        Assert.Equal(TuningSource.Environment,
            Decide(Machine(), ("MALLOC_ARENA_MAX", "8")).Choices.Single(choice => choice.Name == "M_ARENA_MAX").Source);

    [Fact]
    public void The_openmp_build_of_openblas_is_taken() => Assert.Equal(OpenMpBlas, Decide(Machine())["libblas.so.3"]);

    [Fact]
    public void Without_it_the_reason_says_how_to_get_it()
    {
        var choice = Decide(Machine(blas: [])).Choices.Single(choice => choice.Kind == TuningKind.Library);
        Assert.Equal(TuningSource.Default, choice.Source);
        Assert.Contains("libopenblas0-openmp", choice.Reason);
    }

    [Fact]
    public void Figment_blas_names_another_library_or_the_systems()
    {
        Assert.Equal("/opt/blas.so", Decide(Machine(), ("FIGMENT_BLAS", "/opt/blas.so"))["libblas.so.3"]);
        Assert.Null(Decide(Machine(), ("FIGMENT_BLAS", "system"))["libblas.so.3"]);
    }

    [Fact]
    public void Tuning_can_be_switched_off() => Assert.Empty(Decide(Machine(), ("FIGMENT_TUNING", "off")).Choices);

    [Fact]
    public void Every_choice_has_a_reason() =>
        Assert.All(Decide(Machine()).Choices, choice => Assert.False(string.IsNullOrWhiteSpace(choice.Reason)));

    [Fact]
    public void Processor_lists_expand() => Assert.Equal([0, 1, 2, 3, 8], MachineFacts.ParseCpuList("0-3,8"));

    [Theory]
    [InlineData("150000 100000", 1.5)]
    [InlineData("max 100000", null)]
    [InlineData("-1 100000", null)]
    [InlineData("", null)]
    public void Quotas_are_read(string text, double? expected) => Assert.Equal(expected, MachineFacts.ParseCpuMax(text));

    [Fact]
    public void Flags_are_those_of_the_first_processor() =>
        Assert.Equal(["avx2", "fma"], MachineFacts.ParseFlags("model name\t: X\nflags\t\t: fma avx2\n\nflags : sse").Order());

    [Fact]
    public void This_machine_can_be_read()
    {
        var facts = MachineFacts.Read();
        Assert.True(facts.PhysicalCores >= 1);
        Assert.True(facts.AllowedCpus >= facts.PhysicalCores);
    }
}
