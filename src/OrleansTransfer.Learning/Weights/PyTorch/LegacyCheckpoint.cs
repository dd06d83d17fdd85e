using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>
/// The layout before PyTorch 1.6, which many published files have: five pickles in a row (a magic number, a protocol number, facts on the machine,
/// the object, the storages' keys), then per key the number of elements as 8 bytes and the elements.
/// </summary>
internal static class LegacyCheckpoint
{
    private const long Protocol = 1001;
    private const int CountBytes = 8;
    private static readonly BigInteger s_magic = BigInteger.Parse("1950a86a20f9469cfc6c", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <exception cref="WeightsFormatException">The file is malformed, or is a pickle that <c>torch.save</c> did not write.</exception>
    public static Checkpoint Read(PositionalFile file)
    {
        var input = new PickleInput(file, 0, file.Length);
        if (Unpickler.Read(input) is not BigInteger magic || magic != s_magic)
            throw new WeightsFormatException(file.Path, 0, "it is a Python pickle that torch.save did not write");
        var position = input.Position;
        if (Unpickler.Read(input) is not Protocol)
            throw new WeightsFormatException(file.Path, position, $"the file's protocol is not {Protocol}, the only one that torch.save wrote");
        position = input.Position;
        if (Unpickler.Read(input) is not PickleDict machine)
            throw new WeightsFormatException(file.Path, position, "the facts on the machine that wrote the file are not a dict");
        if (machine.Pairs.Any(pair => pair is ("little_endian", false)))
            throw new WeightsFormatException(file.Path, position, "the file was written by a big-endian machine, and only 'little' can be read");

        var storages = new StorageTable();
        var rootOffset = input.Position;
        var root = Unpickler.Read(input, storages);
        position = input.Position;
        if (Unpickler.Read(input) is not List<object?> keys)
            throw new WeightsFormatException(file.Path, position, "the keys of the storages are not a list");
        return new(root, rootOffset, Locate(file, storages.Storages, keys, position, input.Position));
    }

    private static Dictionary<string, long> Locate(PositionalFile file, IReadOnlyDictionary<string, PickledStorage> storages,
        List<object?> keys, long keysOffset, long position)
    {
        Dictionary<string, long> offsets = new(StringComparer.Ordinal);
        var count = new byte[CountBytes];
        foreach (var key in keys)
        {
            if (key is not string name || !storages.TryGetValue(name, out var storage))
                throw new WeightsFormatException(file.Path, keysOffset, "the keys of the storages hold one that nothing refers to");
            if (offsets.ContainsKey(name))
                throw new WeightsFormatException(file.Path, keysOffset, $"storage {Quoted.Text(name)} occurs twice");
            if (file.Length - position < CountBytes) throw Early(CountBytes);
            file.ReadExactly(count, position);
            var elements = BinaryPrimitives.ReadInt64LittleEndian(count);
            if (elements != storage.Elements)
            {
                throw new WeightsFormatException(file.Path, position,
                    $"storage {Quoted.Text(name)} is said to have {elements} elements here and {storage.Elements} where it is referred to");
            }
            position += CountBytes;
            if (file.Length - position < storage.Bytes) throw Early(storage.Bytes);
            offsets.Add(name, position);
            position += storage.Bytes;

            WeightsFormatException Early(long needed) =>
                new(file.Path, file.Length, $"the file ends {needed - (file.Length - position)} bytes early, inside storage {Quoted.Text(name)}");
        }
        if (storages.Keys.FirstOrDefault(name => !offsets.ContainsKey(name)) is { } missing)
            throw new WeightsFormatException(file.Path, keysOffset, $"the file lacks storage {Quoted.Text(missing)}");
        if (position < file.Length)
            throw new WeightsFormatException(file.Path, position, $"{file.Length - position} bytes follow the last storage");
        return offsets;
    }
}
