using Figment.Nn.Serialization;
using Figment.Testing;
using Figment.Torch;
using Xunit;
using static Figment.Nn.Tests.Serialization.SafeTensorsBytes;

namespace Figment.Nn.Tests.Serialization;

/// <summary>Files that must be read, and what is written.</summary>
public class SafeTensorsTests : EngineTest
{
    [Fact]
    public void Every_element_type_goes_to_a_file_and_back() => TensorScope.Run(() =>
    {
        var values = Tensor.From([0f, 1f, 0f, 1f, 1f, 1f], 2, 3);
        DType[] types = [DType.Bool, DType.UInt8, DType.Int8, DType.Int16, DType.Int32, DType.Int64, DType.Float16,
            DType.BFloat16, DType.Float32, DType.Float64];
        var state = new StateDict(types.Select(type => (type.ToString(), values.To(type))));
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, state, new Dictionary<string, string> { ["note"] = "ünïcode \"quoted\"" });
        using var file = Open(stream.ToArray());
        Assert.Equal(types.Select(type => type.ToString()), file.Entries.Select(entry => entry.Name));
        Assert.Equal("ünïcode \"quoted\"", file.Metadata["note"]);
        foreach (var type in types)
        {
            var back = file.Read(type.ToString());
            Assert.Equal(type, back.DType);
            Assert.Equal(values.ToArray<float>(), back.To(DType.Float32).ToArray<float>());
        }
    });

    [Fact]
    public void Data_is_aligned_and_the_header_keeps_the_order() => TensorScope.Run(() =>
    {
        var state = new StateDict([("flag", Tensor.Ones([3], DType.Bool)), ("wide", Tensor.Ones([2], DType.Float64)),
            ("half", Tensor.Ones([1], DType.Float16)), ("count", Tensor.Zeros([], DType.Int64))]);
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, state);
        using var file = Open(stream.ToArray());
        Assert.Equal(["flag", "wide", "half", "count"], file.Entries.Select(entry => entry.Name));
        Assert.All(file.Entries, entry => Assert.Equal(0, entry.Offset % entry.DType.Size()));
    });

    [Fact]
    public void Odd_but_legal_files_are_read() => TensorScope.Run(() =>
    {
        Assert.Empty(Open(File("{}", 0)).Entries);
        using var spaced = Open(File("{ " + Entry("a", "U8", "[ 2 ]", "[0,2]").Replace(":", " : ") + "}  \n", 2));
        Assert.Equal([2L], spaced.Read("a").Shape.ToArray());
        using var empties = Open(Of(1, Entry("x", "F32", "[0]", "[0,0]"), Entry("a", "U8", "[1]", "[0,1]"),
            Entry("y", "F32", "[3,0]", "[1,1]"), Entry("z", "I64", "[0]", "[1,1]")));
        Assert.Equal(4, empties.Entries.Count);
        Assert.Equal([3L, 0L], empties.Read("y").Shape.ToArray());
    });

    [Fact]
    public void A_layout_in_memory_leaves_no_trace_in_the_file() => TensorScope.Run(() =>
    {
        var plain = Tensor.Arange(120, DType.Float32).Reshape(2, 3, 4, 5);
        Assert.Equal(Written(plain), Written(plain.Contiguous(MemoryFormat.ChannelsLast)));
        Assert.Equal(Written(plain.Transpose(0, 1).Contiguous()), Written(plain.Transpose(0, 1)));

        static byte[] Written(Tensor tensor)
        {
            using var stream = new MemoryStream();
            SafeTensors.Write(stream, new StateDict([("x", tensor)]));
            return stream.ToArray();
        }
    });

    [Fact]
    public void A_file_appears_whole_or_not_at_all() => TensorScope.Run(() =>
    {
        var folder = Directory.CreateTempSubdirectory("figment-nn-");
        try
        {
            var path = Path.Combine(folder.FullName, "model.safetensors");
            SafeTensors.Save(path, new StateDict([("x", Tensor.Ones([2]))]));
            var bad = new StateDict([("x", Tensor.Zeros([2])), ("y", Tensor.Zeros([1], DType.Complex64))]);
            Assert.Throws<NotSupportedException>(() => SafeTensors.Save(path, bad));
            Assert.Equal([1f, 1f], SafeTensors.Load(path)["x"].ToArray<float>());
            Assert.Equal([path], Directory.GetFiles(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    });

    [Fact]
    public void A_missing_tensor_and_a_reserved_name_are_named() => TensorScope.Run(() =>
    {
        using var file = Open(File("{}", 0));
        Assert.Equal("x", Assert.Throws<SafeTensorsException>(() => file.Read("x")).Key);
        using var stream = new MemoryStream();
        Assert.Throws<ArgumentException>(() =>
            SafeTensors.Write(stream, new StateDict([("__metadata__", Tensor.Ones([1]))])));
    });
}
