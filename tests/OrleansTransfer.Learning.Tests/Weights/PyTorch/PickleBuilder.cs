using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

/// <summary>Assembles a pickle by hand, sound or not.</summary>
internal sealed class PickleBuilder
{
    private readonly MemoryStream _bytes = new();

    public PickleBuilder() => Raw(0x80, 2);

    public PickleBuilder Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>Instructions and names, as Latin-1 characters.</summary>
    public PickleBuilder Raw(string text) => Raw(Encoding.Latin1.GetBytes(text));

    public PickleBuilder Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Raw("X").Number(bytes.Length).Raw(bytes);
    }

    public PickleBuilder Int(long value)
    {
        var bytes = new BigInteger(value).ToByteArray();
        return Raw(0x8A, (byte)bytes.Length).Raw(bytes);
    }

    public PickleBuilder Ints(params long[] values)
    {
        Raw("(");
        foreach (var value in values) Int(value);
        return Raw("t");
    }

    public PickleBuilder Global(string module, string name) => Raw($"c{module}\n{name}\n");

    /// <summary>The persistent id of a storage; the old layout has one member more.</summary>
    public PickleBuilder Storage(string type, string key, long elements, bool legacy = false, Action<PickleBuilder>? part = null)
    {
        Raw("(").Text("storage").Global("torch", type).Text(key).Text("cpu").Int(elements);
        if (part is not null) part(this);
        else if (legacy) Raw("N");
        return Raw("tQ");
    }

    /// <summary>A tensor over a storage of its own, or of its key.</summary>
    public PickleBuilder Tensor(string key, long elements, long offset, long[] shape, long[] strides, string type = "FloatStorage",
        bool legacy = false) =>
        Global("torch._utils", "_rebuild_tensor_v2").Raw("(").Storage(type, key, elements, legacy)
            .Int(offset).Ints(shape).Ints(strides).Raw(0x89).Global("collections", "OrderedDict").Raw(")RtR");

    public PickleBuilder Repeat(string text, int times)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        for (var i = 0; i < times; i++) _bytes.Write(bytes);
        return this;
    }

    public byte[] Stop() => Raw(".")._bytes.ToArray();

    public byte[] Unfinished() => _bytes.ToArray();

    private PickleBuilder Number(int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }
}
