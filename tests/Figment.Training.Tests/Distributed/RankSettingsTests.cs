using Figment.Training.Distributed;

namespace Figment.Training.Tests.Distributed;

public sealed class RankSettingsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("MASTER_ADDR=a MASTER_PORT=1")]
    [InlineData("RANK=0 WORLD_SIZE=1 MASTER_ADDR=a MASTER_PORT=1")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7 SLURM_JOB_NODELIST=n1")] // the batch script itself
    public void One_process_needs_no_settings(string variables) => Assert.Null(Read(variables));

    [Fact]
    public void Torchruns_variables() => Assert.Equal(new RankSettings(5, 8, 1, "head", 29500),
        Read("RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 MASTER_ADDR=head MASTER_PORT=29500"));

    [Fact]
    public void Slurms_variables() => Assert.Equal(new RankSettings(2, 4, 0, "node03", 15_007),
        Read("SLURM_PROCID=2 SLURM_NTASKS=4 SLURM_LOCALID=0 SLURM_JOB_NODELIST=node[03-06] SLURM_JOB_ID=7 SLURM_STEP_ID=0"));

    [Theory]
    [InlineData("RANK=1 WORLD_SIZE=2", "MASTER_ADDR, MASTER_PORT")]
    [InlineData("WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=1", "not RANK")]
    [InlineData("RANK=2 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=1", "ranks are 0 to 1")]
    [InlineData("RANK=-1 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=1", "RANK is '-1'")]
    [InlineData("RANK=0 WORLD_SIZE=two MASTER_ADDR=a MASTER_PORT=1", "WORLD_SIZE is 'two'")]
    [InlineData("RANK=0 WORLD_SIZE=2 MASTER_ADDR=a MASTER_PORT=70000", "MASTER_PORT is '70000'")]
    [InlineData("RANK=1 WORLD_SIZE=3 LOCAL_RANK=2 MASTER_ADDR=a MASTER_PORT=1", "local rank 2")]
    [InlineData("SLURM_PROCID=0", "not SLURM_NTASKS")]
    [InlineData("SLURM_PROCID=1 SLURM_NTASKS=2", "SLURM_JOB_NODELIST")]
    [InlineData("SLURM_PROCID=1 SLURM_NTASKS=2 SLURM_JOB_NODELIST=n[1-", "']'")]
    public void Settings_that_cannot_be_are_refused(string variables, string reason) =>
        Assert.Contains(reason, Assert.Throws<RankSettingsException>(() => Read(variables)).Message);

    [Theory]
    [InlineData("node7", "node7")]
    [InlineData("a,b", "a")]
    [InlineData("node[03-06,09],login", "node03")]
    [InlineData("rack[2,5]-x", "rack2-x")]
    [InlineData("a,node[1-2]", "a")]
    public void The_first_host_of_slurms_list(string list, string host) => Assert.Equal(host, RankSettings.FirstHost(list));

    private static RankSettings? Read(string variables)
    {
        var all = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(v => v.Split('=', 2))
            .ToDictionary(v => v[0], v => v[1]);
        return RankSettings.FromEnvironment(name => all.GetValueOrDefault(name));
    }
}
