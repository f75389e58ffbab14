using Figment.Torch;
using Xunit;

namespace Figment.App.Tests;

public class DeviceTests
{
    private static readonly DeviceFacts None = new("1.13.1", HasCuda: false, Gpus: 0);

    [Fact]
    public void The_cpu_is_always_there() => Assert.Equal(Device.Cpu, ComputeDevice.Choose("cpu", None));

    [Theory]
    [InlineData("cuda", 0)]
    [InlineData("cuda:0", 0)]
    [InlineData("cuda:1", 1)]
    public void A_gpu_that_is_there_is_taken(string name, int index) =>
        Assert.Equal(Device.Cuda(index), ComputeDevice.Choose(name, new DeviceFacts("2.6.0", true, 2)));

    [Theory]
    [InlineData("gpu", false, 0, "'gpu' is no device; use cpu, cuda or cuda:N")]
    [InlineData("cuda:-1", true, 1, "'cuda:-1' is no device")]
    [InlineData("cuda", false, 0, "cuda: the libtorch in use (2.6.0) was built without CUDA")]
    [InlineData("cuda", false, 0, "FIGMENT_LIBTORCH")]
    [InlineData("cuda:0", true, 0, "cuda:0: this libtorch sees no GPU")]
    [InlineData("cuda:1", true, 1, "cuda:1: this libtorch sees 1 device. Choose cuda:0")]
    [InlineData("cuda:4", true, 4, "cuda:4: this libtorch sees 4 devices. Choose cuda:0 to cuda:3")]
    public void What_is_not_there_is_refused_with_the_way_out(string name, bool cuda, int gpus, string says)
    {
        var refused = Assert.Throws<FigmentException>(() => ComputeDevice.Choose(name, new DeviceFacts("2.6.0", cuda, gpus)));
        Assert.Contains(says, refused.Message);
        Assert.True(refused.Fault.IsUsage);
    }
}
