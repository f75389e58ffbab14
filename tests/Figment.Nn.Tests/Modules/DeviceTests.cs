using Figment.Testing;
using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests.Modules;

/// <summary>Holds on every device: FIGMENT_TEST_DEVICE=cuda:0 compares a GPU with the CPU.</summary>
public class DeviceTests : EngineTest
{
    [Fact]
    public void Steps_on_the_device_follow_those_on_the_cpu()
    {
        var here = Train(Device.Cpu);
        var there = Train(TestDevice);
        Assert.Equal(here.Length, there.Length);
        for (var i = 0; i < here.Length; i++)
            Assert.Equal(here[i], there[i], 2e-4f * (1 + Math.Abs(here[i])));
        if (!TestDevice.IsCuda) Assert.Equal(here, there);
    }

    // Every kind of layer that holds weights, a strided transposed convolution, and Adam.
    private static float[] Train(Device device) => TensorScope.Run(() =>
    {
        using var init = new Rng(4);
        using var net = new Sequential(new Conv2d(1, 8, 3, init, stride: 2, padding: 1), new BatchNorm2d(8), new Relu(),
            new ConvTranspose2d(8, 16, 4, init, stride: 2, padding: 1), new GroupNorm(4, 16), new Gelu(), new Flatten(),
            new Linear(16 * 64, 10, init), new LayerNorm([10]));
        net.To(device);
        using var adam = new Adam(net, 1e-3);
        var x = init.Uniform([6, 1, 8, 8]).To(device);
        var y = Tensor.From<long>([0, 1, 2, 3, 4, 5], device, 6);
        var losses = new List<float>();
        for (var step = 0; step < 5; step++)
        {
            adam.ZeroGrad();
            var loss = net.Call(x).CrossEntropy(y);
            loss.Backward();
            adam.Step();
            losses.Add(loss.Item<float>());
        }
        Assert.All(net.Parameters(), p => Assert.Equal(device, p.Device));
        Assert.All(net.Parameters(), p => Assert.Equal(device, p.Grad!.Device));
        return losses.ToArray();
    });
}
