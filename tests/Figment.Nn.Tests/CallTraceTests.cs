using Figment.Torch;
using Xunit;

namespace Figment.Nn.Tests;

public class CallTraceTests
{
    [Fact]
    public void Layers_are_listed_with_shapes_and_multiply_adds()
    {
        using var rng = new Rng(1);
        using var net = new Sequential(new Conv2d(1, 8, 4, rng, stride: 2, padding: 1), new Relu(),
            new ConvTranspose2d(8, 3, 4, rng, stride: 2, padding: 1), new Flatten(), new Linear(3 * 28 * 28, 5, rng));
        var calls = CallTrace.Record(() => TensorScope.Run(() =>
        {
            net.Call(Tensor.Zeros([2, 1, 28, 28]));
        }));
        Assert.Equal(["Conv2d", "Relu", "ConvTranspose2d", "Flatten", "Linear", "Sequential"],
            calls.Select(call => call.Module.GetType().Name));
        Assert.Equal([2, 8, 14, 14], calls[0].Output);
        Assert.Equal(2 * 8 * 14 * 14 * 16, calls[0].MultiplyAdds); // each output meets a 4x4 kernel of one channel
        Assert.Equal(2 * 8 * 14 * 14 * 3 * 16, calls[2].MultiplyAdds); // each input meets 3 channels of a 4x4 kernel
        Assert.Equal(2 * 5 * 3 * 28 * 28, calls[4].MultiplyAdds);
    }

    [Fact]
    public void Nothing_is_listed_outside_a_record()
    {
        using var rng = new Rng(1);
        using var layer = new Linear(2, 3, rng);
        Assert.Empty(CallTrace.Record(() => { }));
        TensorScope.Run(() =>
        {
            layer.Call(Tensor.Zeros([1, 2]));
        });
    }
}
