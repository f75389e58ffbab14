using Figment.Torch;

namespace Figment.Nn.Tests.Golden;

/// <summary>The reproducible numbers of tests/golden/golden.py, bit for bit.</summary>
internal static class GoldenNumbers
{
    public static Tensor Uniform(uint seed, long[] shape, double low = -1, double high = 1)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(low + ((high - low) * ((Hash(seed, (uint)i) >> 8) / 16777216.0)));
        return Tensor.From(values, shape);
    }

    public static Tensor Normal(uint seed, params long[] shape)
    {
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
        {
            var sum = 0L;
            for (var k = 0; k < 12; k++)
                sum += Hash(seed, (uint)((12 * i) + k)) >> 8;
            values[i] = (float)((sum / 16777216.0) - 6);
        }
        return Tensor.From(values, shape);
    }

    public static uint Hash(uint seed, uint index)
    {
        unchecked
        {
            var h = (seed * 0x9E3779B1) + (index * 0x85EBCA77) + 0x165667B1;
            h = (h ^ (h >> 16)) * 0x85EBCA6B;
            h = (h ^ (h >> 13)) * 0xC2B2AE35;
            return h ^ (h >> 16);
        }
    }
}
