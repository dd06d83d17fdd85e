using System.Globalization;
using System.Text;

namespace OrleansTransfer.Learning.Weights.PyTorch;

/// <summary>
/// The layout since PyTorch 1.6: a zip archive with the object's pickle in <c>NAME/data.pkl</c> and one entry <c>NAME/data/KEY</c> per storage.
/// </summary>
internal static class ZipCheckpoint
{
    // PyTorch's own reader stops there.
    private const int NewestVersion = 10;

    /// <exception cref="WeightsFormatException">The file is malformed, or is no archive that <c>torch.save</c> wrote.</exception>
    public static Checkpoint Read(PositionalFile file)
    {
        var entries = ZipDirectory.Read(file);
        List<ZipEntry> pickles = [.. entries.Where(entry => entry.Name.IndexOf('/') is > 0 and var slash && entry.Name[slash..] == "/data.pkl")];
        if (pickles is not [var pickle])
            throw new WeightsFormatException(file.Path, 0, $"the zip archive has {pickles.Count} entries NAME/data.pkl, where torch.save writes one");
        var folder = pickle.Name[..(pickle.Name.IndexOf('/') + 1)];
        var byName = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        if (byName.ContainsKey(folder + "constants.pkl") || entries.Any(entry => entry.Name.StartsWith(folder + "code/", StringComparison.Ordinal)))
        {
            throw new WeightsFormatException(file.Path, 0, "it is a TorchScript program (torch.jit.save), of which nothing can be used here; " +
                "save the state dict alone: torch.save(torch.jit.load(path).state_dict(), other)");
        }
        if (entries.FirstOrDefault(entry => !entry.IsStored) is { } compressed)
        {
            throw new WeightsFormatException(file.Path, compressed.DirectoryOffset, $"entry {Quoted.Text(compressed.Name)} of the zip archive is " +
                "compressed, which torch.save never does; save the file anew in PyTorch");
        }
        CheckByteOrder(file, byName.GetValueOrDefault(folder + "byteorder"));
        CheckVersion(file, byName.GetValueOrDefault(folder + "version"));

        var storages = new StorageTable();
        var root = Unpickler.Read(new PickleInput(file, pickle.Offset, pickle.Offset + pickle.Bytes), storages);
        Dictionary<string, long> offsets = new(StringComparer.Ordinal);
        foreach (var (key, storage) in storages.Storages)
        {
            if (!byName.TryGetValue($"{folder}data/{key}", out var entry))
                throw new WeightsFormatException(file.Path, pickle.Offset, $"the zip archive lacks the entry of storage {Quoted.Text(key)}");
            if (entry.Bytes != storage.Bytes)
            {
                throw new WeightsFormatException(file.Path, entry.DirectoryOffset, $"storage {Quoted.Text(key)} of {storage.Elements} elements " +
                    $"{SafetensorsTypes.Name(storage.Type)} needs {storage.Bytes} bytes, its entry in the zip archive has {entry.Bytes}");
            }
            offsets.Add(key, entry.Offset);
        }
        return new(root, pickle.Offset, offsets);
    }

    private static void CheckByteOrder(PositionalFile file, ZipEntry? entry)
    {
        // Files older than the entry come from the machines of their time, which were little-endian.
        if (entry is not null && ReadText(file, entry) is var order && order != "little")
            throw new WeightsFormatException(file.Path, entry.Offset, $"the byte order is {Quoted.Text(order)}, and only 'little' can be read");
    }

    private static void CheckVersion(PositionalFile file, ZipEntry? entry)
    {
        if (entry is null || ReadText(file, entry) is not { } version) return;
        if (!int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > NewestVersion)
        {
            throw new WeightsFormatException(file.Path, entry.Offset,
                $"the file's version is {Quoted.Text(version)}, and only those up to {NewestVersion} can be read");
        }
    }

    private static string ReadText(PositionalFile file, ZipEntry entry)
    {
        var text = new byte[Math.Min(entry.Bytes, 16)];
        file.ReadExactly(text, entry.Offset);
        return Encoding.ASCII.GetString(text).Trim();
    }
}
