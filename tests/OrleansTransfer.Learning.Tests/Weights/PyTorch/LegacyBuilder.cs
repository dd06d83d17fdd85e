namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

/// <summary>Writes PyTorch's layout before the zip one by hand.</summary>
internal static class LegacyBuilder
{
    /// <summary>The five pickles that all such files begin with, around that of the object.</summary>
    public static byte[] Checkpoint(byte[] pickle, params (string Key, long Elements, byte[] Data)[] storages)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(new PickleBuilder().Raw(0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19).Stop());
        writer.Write(new PickleBuilder().Int(1001).Stop());
        writer.Write(new PickleBuilder().Raw("}").Text("little_endian").Raw(0x88).Raw("s").Stop());
        writer.Write(pickle);
        var keys = new PickleBuilder().Raw("](");
        foreach (var (key, _, _) in storages) keys.Text(key);
        writer.Write(keys.Raw("e").Stop());
        foreach (var (_, elements, data) in storages)
        {
            writer.Write(elements);
            writer.Write(data);
        }
        return stream.ToArray();
    }
}
