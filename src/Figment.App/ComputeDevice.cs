using Figment.Torch;
using Figment.Torch.Runtime;

namespace Figment.App;

/// <summary>What decides whether a device can be used.</summary>
/// <param name="LibTorch">Its version.</param>
/// <param name="HasCuda">Whether it was built with CUDA.</param>
/// <param name="Gpus">GPUs that it sees.</param>
internal sealed record DeviceFacts(string LibTorch, bool HasCuda, int Gpus)
{
    /// <summary>Those of this process. Loads libtorch.</summary>
    public static DeviceFacts Read() => new(Torch.LibTorch.Version, Cuda.IsBuiltIn, Cuda.DeviceCount);
}

/// <summary>The device that a request names, once it is known to exist.</summary>
internal static class ComputeDevice
{
    /// <summary>Finds a device and readies the process for it. Loads libtorch.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <exception cref="FigmentException">There is no such device here; the message says what there is.</exception>
    public static Device Resolve(string name)
    {
        if (Parse(name) is { IsCuda: false } cpu) return cpu;
        NativeLoader.EnsureLoaded();
        var device = Choose(name, DeviceFacts.Read());
        RuntimeTuning.PrepareForCuda();
        return device;
    }

    /// <summary>The device of that name, under given facts.</summary>
    /// <exception cref="FigmentException">There is no such device.</exception>
    public static Device Choose(string name, DeviceFacts facts)
    {
        var device = Parse(name);
        if (!device.IsCuda || device.Index < facts.Gpus) return device;
        if (!facts.HasCuda)
            throw new FigmentException($"{name}: the libtorch in use ({facts.LibTorch}) was built without CUDA",
                "unpack a CUDA build of libtorch from https://pytorch.org, set FIGMENT_LIBTORCH to its folder and run "
                + "./figment, which builds against it (docs/guide/devices.md)", isUsage: true);
        if (facts.Gpus == 0)
            throw new FigmentException($"{name}: this libtorch sees no GPU",
                "see whether nvidia-smi lists one, and whether its driver fits the CUDA build", isUsage: true);
        throw new FigmentException($"{name}: this libtorch sees {facts.Gpus} device{(facts.Gpus == 1 ? "" : "s")}",
            facts.Gpus == 1 ? "choose cuda:0" : $"choose cuda:0 to cuda:{facts.Gpus - 1}", isUsage: true);
    }

    private static Device Parse(string name)
    {
        try
        {
            return Device.Parse(name);
        }
        catch (FormatException error)
        {
            throw new FigmentException(error.Message, isUsage: true);
        }
    }
}
