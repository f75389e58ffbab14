using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

public class ConversionTests : EngineTest
{
    [Fact]
    public void Each_type_there_and_back() => TensorScope.Run(() =>
    {
        Both<byte>([0, 255], DType.UInt8);
        Both<sbyte>([-128, 127], DType.Int8);
        Both<short>([short.MinValue, 7], DType.Int16);
        Both([int.MinValue, 7], DType.Int32);
        Both([long.MinValue, 7L], DType.Int64);
        Both([(Half)0.5, Half.MaxValue], DType.Float16);
        Both([0.5f, float.NaN], DType.Float32);
        Both([0.5, double.NegativeInfinity], DType.Float64);
        Both([true, false], DType.Bool);

        static void Both<T>(T[] data, DType dtype)
            where T : unmanaged
        {
            foreach (var t in new[] { Tensor.From(data, data.Length), Tensor.Wrap(data, data.Length),
                Tensor.From(data, 1, data.Length)[0] })
            {
                Assert.Equal(dtype, t.DType);
                Assert.Equal(data, t.ToArray<T>());
                Assert.Equal(data, t.AsSpan<T>().ToArray());
                Assert.Equal(data.Length * dtype.Size(), t.AsBytes().Length);
            }
        }
    });

    [Fact]
    public void Conversions_of_type() => TensorScope.Run(() =>
    {
        var x = Tensor.From([1.9f, -1.9f, 0], 3);
        Assert.Equal([1, -1, 0], x.To(DType.Int32).ToArray<int>());
        Assert.Equal([true, true, false], x.To(DType.Bool).ToArray<bool>());
        Assert.Equal([1.8984375, -1.8984375, 0], x.To(DType.BFloat16).To(DType.Float64).ToArray<double>());
        Assert.Equal(1.8984375, x[0].To(DType.BFloat16).ToDouble());
        Assert.Equal(1, x[0].To(DType.UInt8).ToDouble());
        Assert.Equal(1, x[0].To(DType.Bool).ToDouble());
        Assert.Equal(DType.Float32, (x.To(DType.Int32) * 1.5).DType); // an integer tensor and a real number
        Assert.Equal(DType.Int64, (Tensor.Arange(2) * 2).DType);
        Assert.Throws<InvalidOperationException>(() => Ops.Complex(x, x)[0].ToDouble());
    });

    [Fact]
    public void Spans_share_memory()
    {
        float[] array = [1, 2, 3, 4];
        TensorScope.Run(() =>
        {
            var t = Tensor.Wrap(array, 2, 2);
            t.AsMutableSpan<float>()[0] = 10;
            t[1, 1] = Tensor.Scalar(40);
            array[1] = 20;
            Assert.Equal([10f, 20, 3, 40], t.ToArray<float>());
            Assert.Equal([20f, 40], t[.., 1].ToArray<float>());
            Assert.Equal([3f, 40], t[1].AsSpan<float>().ToArray()); // a view in the middle
        });
        Assert.Equal([10f, 20, 3, 40], array);
    }

    [Fact]
    public void A_wrapped_array_is_free_to_move_after_the_last_tensor() => Assert.Null(Wrapped().Target);

    [Fact]
    public void Spans_need_row_major_order_and_the_right_type() => TensorScope.Run(() =>
    {
        var x = Tensor.From([1f, 2, 3, 4], 2, 2);
        Assert.Contains("Contiguous()",
            Assert.Throws<InvalidOperationException>(() => x.T().AsSpan<float>().Length).Message);
        Assert.Contains("To(DType.Float64)",
            Assert.Throws<InvalidOperationException>(() => x.AsSpan<double>().Length).Message);
        Assert.Throws<InvalidOperationException>(() => x.ToArray<int>());
        Assert.Throws<InvalidOperationException>(() => x.Item<float>());
        Assert.Throws<ArgumentException>(() => x.CopyTo(new float[3].AsSpan()));
        Assert.Equal([1f, 3, 2, 4], x.T().ToArray<float>());
        Assert.Equal([1f, 3, 2, 4], x.T().Contiguous().AsSpan<float>().ToArray());
    });

    [Fact]
    public void Shapes_must_fit_the_data()
    {
        Assert.Throws<ArgumentException>(() => Tensor.From([1f, 2], 3));
        Assert.Throws<ArgumentException>(() => Tensor.From([1f, 2], -1, -2));
        Assert.Throws<ArgumentException>(() => Tensor.Wrap([1f, 2], 1));
        Assert.Throws<ArgumentNullException>(() => Tensor.Wrap<float>(null!, 1));
        Assert.Throws<ArgumentNullException>(() => Tensor.From<float>((float[])null!, 1));
        Assert.Throws<OverflowException>(() => Tensor.From<float>([], long.MaxValue, 3));
        Assert.Throws<ArgumentException>(() => Tensor.From<decimal>([1], 1));
    }

    [Fact]
    public void Empty_and_scalar_tensors() => TensorScope.Run(() =>
    {
        var empty = Tensor.From<float>([], 0, 3);
        Assert.Equal((0L, 2), (empty.Count, empty.Rank));
        Assert.Empty(empty.ToArray<float>());
        Assert.Equal(0, empty.AsSpan<float>().Length);
        Assert.Equal([0f, 0, 0], empty.Sum(0).ToArray<float>());
        Assert.Empty(Tensor.Wrap(Array.Empty<float>(), 0).ToArray<float>());
        var scalar = Tensor.From([2.5f]);
        Assert.Equal((1L, 0), (scalar.Count, scalar.Rank));
        Assert.Equal(2.5f, scalar.Item<float>());
        Assert.Throws<ArgumentOutOfRangeException>(() => scalar.Size(0));
        Assert.Equal(3, empty.Size(-1));
    });

    [Fact]
    public void Layouts() => TensorScope.Run(() =>
    {
        var x = Tensor.Arange(2 * 3 * 4 * 5, DType.Float32).Reshape(2, 3, 4, 5);
        var last = x.Contiguous(MemoryFormat.ChannelsLast);
        Assert.True(last.IsContiguous(MemoryFormat.ChannelsLast));
        Assert.False(last.IsContiguous());
        Assert.Equal([60L, 1, 15, 3], last.Strides.ToArray());
        Assert.Equal(x.ToArray<float>(), last.ToArray<float>()); // logical order
        Assert.True(last.Clone().IsContiguous(MemoryFormat.ChannelsLast));
        Assert.True(last.Contiguous().IsContiguous());
        Assert.True(x.Unsqueeze(0).Contiguous(MemoryFormat.ChannelsLast3d).IsContiguous(MemoryFormat.ChannelsLast3d));
        Assert.Throws<ArgumentOutOfRangeException>(() => x.IsContiguous(MemoryFormat.Preserve));
    });

    [Fact]
    public void Devices()
    {
        TensorScope.Run(() =>
        {
            var x = Tensor.Ones([2]);
            Assert.Equal(Device.Cpu, x.Device);
            Assert.Same(x, x.To(Device.Cpu));
            Assert.Equal([1.0, 1], x.To(Device.Cpu, DType.Float64).ToArray<double>());
            if (Cuda.DeviceCount > 0) Assert.Equal([2f, 2], (x.To(Device.Cuda()) * 2).ToArray<float>());
            else Assert.Throws<TorchException>(() => x.To(Device.Cuda()));
        });
        Assert.Equal([Device.Cpu, Device.Cuda(), Device.Cuda(3)],
            ((string[])["cpu", "cuda", "cuda:3"]).Select(Device.Parse));
        Assert.Equal("cuda:3", Device.Parse("cuda:3").ToString());
        foreach (var text in (string[])["gpu", "", "cuda:", "cuda:-1", "cuda:200", "cuda: 1"])
            Assert.Throws<FormatException>(() => Device.Parse(text));
    }

    private static WeakReference Wrapped()
    {
        var weak = Make();
        GC.Collect();
        return weak;

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Make()
        {
            var array = new float[100];
            TensorScope.Run(() =>
            {
                var view = TensorScope.Run(() => Tensor.Wrap(array, 100)[10..20]);
                GC.Collect();
                view.FillInPlace(3);
                Assert.Equal(3, array[10]);
            });
            return new WeakReference(array);
        }
    }
}
