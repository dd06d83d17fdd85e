using System.Buffers.Binary;
using System.IO.Compression;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Learning.Tests.Weights.PyTorch;

/// <summary>Containers, zip and legacy, that lie or are of another kind.</summary>
public sealed class HostileArchiveTests : IDisposable
{
    private static readonly byte[] s_data = [0, 0, 128, 63, 0, 0, 0, 64];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(true, "a comment PK\u0005\u0006 that looks like an end")]
    public void A_sound_archive_is_read_with_and_without_zip64_and_comment(bool zip64, string comment)
    {
        var zip = Sound(new() { Zip64 = zip64, Comment = comment })
            .Add(new("archive/byteorder", "little"u8.ToArray())).Add(new("archive/.data/x", []));
        File.WriteAllBytes(_folder["x"], zip.Build());
        using var file = WeightFile.Open(_folder["x"]);
        using var tensor = file.Load("t");
        Assert.Equal([1f, 2f], tensor.data<float>().ToArray());
    }

    [Fact]
    public void A_zip_bomb_is_refused_without_unpacking_it()
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            for (var i = 0; i < 64; i++) deflate.Write(new byte[1 << 20]);
        }
        foreach (var name in new[] { "archive/data.pkl", "archive/data/0", "archive/other" })
        {
            var zip = new ZipBuilder();
            if (name != "archive/data.pkl") zip.Add(new("archive/data.pkl", Pickle()));
            var before = GC.GetAllocatedBytesForCurrentThread();
            Refuse(zip.Add(new(name, packed.ToArray(), Method: 8, Bytes: 64 << 20)), "compressed", "beyond the archive's data");
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }
    }

    [Fact]
    public void An_ordinary_compressing_archiver_leaves_what_is_refused_in_words()
    {
        using (var zip = ZipFile.Open(_folder["x"], ZipArchiveMode.Create))
        {
            foreach (var (name, data) in new[] { ("archive/data.pkl", Pickle()), ("archive/data/0", new byte[8]) })
            {
                using var entry = zip.CreateEntry(name, CompressionLevel.SmallestSize).Open();
                entry.Write(data);
            }
        }
        var error = Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"]));
        Assert.Contains("entry 'archive/data.pkl' of the zip archive is compressed", error.Reason);
    }

    [Fact]
    public void Entries_that_lie_about_their_place_or_length_are_refused()
    {
        var extra = new byte[40];
        foreach (var zip64 in new[] { false, true })
        {
            ZipBuilder New() => Sound(new() { Zip64 = zip64 });
            Refuse(New().Add(new("archive/a", extra, Bytes: 1000)), "bytes beyond the archive's data");
            Refuse(New().Add(new("archive/a", extra, Bytes: 41)), "ends 1 bytes beyond the archive's data");
            Refuse(New().Add(new("archive/a", extra, LocalName: "archive/b")), "another name in its own header");
            Refuse(New().Add(new("archive/a", extra, LocalName: "archive/longer")), "another name in its own header");
            Refuse(New().Add(new("archive/data/0", extra)), "two entries 'archive/data/0'");
            Refuse(New().Add(new("archive/data/1", extra, LocalName: "archive/data/0", HeaderOf: 1)), "another name in its own header");
            Refuse(New().Add(new("archive/a", extra, Bytes: 60)).Add(new("archive/b", extra)), "'archive/a' of the zip archive overlaps");
            Refuse(New().Add(new("archive/a", extra, Flags: 1)), "'archive/a' of the zip archive is encrypted");
        }
        Refuse(Sound(new() { Zip64 = true }).Add(new("archive/a", extra, Bytes: long.MaxValue)), "bytes beyond the archive's data");
        Refuse(Sound(new() { Zip64 = true }).Add(new("archive/a", extra, Bytes: -1)), "outside the archive");
    }

    [Fact]
    public void A_directory_that_is_not_where_it_is_said_to_be_is_refused()
    {
        Refuse(Sound(new() { DirectoryAt = 0 }), "directory of the zip archive is damaged");
        Refuse(Sound(new() { DirectoryAt = 100_000 }), "which is not in the file");
        Refuse(Sound(new() { Zip64 = true, DirectoryAt = long.MaxValue }), "which is not in the file");
        Refuse(Sound(new() { Zip64 = true, DirectoryAt = -1 }), "which is not in the file");
        var bytes = Sound(new()).Build();
        Refuse([.. bytes, 0], "no directory at its end");
        Refuse(bytes[..^1], "no directory at its end");
        Refuse("PK\u0003\u0004"u8.ToArray(), "no directory at its end");
        Refuse(new ZipBuilder(), "0 entries NAME/data.pkl");
    }

    [Fact]
    public void Archives_of_other_kinds_are_told_apart()
    {
        Refuse(new ZipBuilder().Add(new("word/document.xml", [])), "0 entries NAME/data.pkl");
        Refuse(new ZipBuilder().Add(new("data.pkl", Pickle())), "0 entries NAME/data.pkl");
        Refuse(new ZipBuilder().Add(new("a/data.pkl", Pickle())).Add(new("b/data.pkl", Pickle())), "2 entries NAME/data.pkl");
        Refuse(Sound(new()).Add(new("archive/constants.pkl", [])), "a TorchScript program");
        Refuse(Sound(new()).Add(new("archive/code/x.py", [1], Method: 8)), "a TorchScript program");
        Refuse(Sound(new()).Add(new("archive/byteorder", "big"u8.ToArray())), "the byte order is 'big'");
        Refuse(new ZipBuilder().Add(new("archive/data.pkl", Pickle())).Add(new("archive/version", "11\n"u8.ToArray())), "the file's version is '11'");
        Refuse(new ZipBuilder().Add(new("archive/data.pkl", Pickle())), "lacks the entry of storage '0'");
        Refuse(ZipBuilder.Checkpoint(Pickle(), ("0", new byte[9])), "storage '0' of 2 elements F32 needs 8 bytes, its entry");
        Refuse(ZipBuilder.Checkpoint(Pickle()[..^1], ("0", s_data)), "the pickle ends 1 bytes early");
    }

    [Theory]
    [InlineData(0x0280)]
    [InlineData(0x04034B50)]
    public void A_safetensors_file_whose_length_looks_like_another_format_is_still_one(int headerBytes)
    {
        var bytes = new byte[8 + headerBytes];
        bytes.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(bytes, headerBytes);
        """{"__metadata__":{"a":"b"}}"""u8.CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(_folder["x"], bytes);
        using var file = Assert.IsType<SafetensorsFile>(WeightFile.Open(_folder["x"]));
        Assert.Equal("b", file.Metadata["a"]);
    }

    [Theory]
    [InlineData("torch")]
    [InlineData("torch.storage")]
    public void A_storage_without_a_type_holds_bytes(string module)
    {
        var pickle = new PickleBuilder().Raw("}").Text("t").Global("torch._utils", "_rebuild_tensor").Raw("((").Text("storage")
            .Global(module, "UntypedStorage").Text("0").Text("cuda:1").Int(3).Raw("tQ").Int(1).Ints(2).Ints(1).Raw("tRs").Stop();
        File.WriteAllBytes(_folder["x"], ZipBuilder.Checkpoint(pickle, ("0", [7, 8, 9])).Build());
        using var file = WeightFile.Open(_folder["x"]);
        using var tensor = file.Load("t");
        Assert.Equal((byte[])[8, 9], tensor.data<byte>().ToArray());
    }

    [Fact]
    public void Pickles_of_other_kinds_are_told_apart()
    {
        Refuse(new PickleBuilder().Raw("}").Stop(), "a Python pickle that torch.save did not write");
        var whole = LegacyBuilder.Checkpoint(Pickle(legacy: true), ("0", 2, s_data));
        Refuse([.. whole, 0], "1 bytes follow the last storage");
        Refuse(whole[..^1], "the file ends 1 bytes early, inside storage '0'");
        Refuse(whole[..^9], "the file ends 1 bytes early, inside storage '0'");
        Refuse(LegacyBuilder.Checkpoint(Pickle(legacy: true)), "lacks storage '0'");
        Refuse(LegacyBuilder.Checkpoint(Pickle(legacy: true), ("0", 2, s_data), ("0", 2, s_data)), "storage '0' occurs twice");
        Refuse(LegacyBuilder.Checkpoint(Pickle(legacy: true), ("1", 2, s_data)), "one that nothing refers to");
        Refuse(LegacyBuilder.Checkpoint(Pickle(legacy: true), ("0", -2, s_data)), "said to have -2 elements here and 2 where it is referred to");
        Refuse(LegacyBuilder.Checkpoint(Pickle(legacy: true), ("0", long.MaxValue, s_data)), "said to have 9223372036854775807 elements");
        var protocol = whole.AsSpan().IndexOf(new PickleBuilder().Int(1001).Stop());
        whole[protocol + 4]++;
        Refuse(whole, "the file's protocol is not 1001");
        var endian = LegacyBuilder.Checkpoint(Pickle(legacy: true), ("0", 2, s_data));
        endian[endian.AsSpan().IndexOf("little_endian"u8) + 13]++;
        Refuse(endian, "written by a big-endian machine");
    }

    private static byte[] Pickle(bool legacy = false) =>
        new PickleBuilder().Raw("}").Text("t").Tensor("0", 2, 0, [2], [1], legacy: legacy).Raw("s").Stop();

    private static ZipBuilder Sound(ZipBuilder zip) => zip.Add(new("archive/data.pkl", Pickle())).Add(new("archive/data/0", s_data));

    private void Refuse(ZipBuilder zip, params string[] reasons) => Refuse(zip.Build(), reasons);

    private void Refuse(byte[] bytes, params string[] reasons)
    {
        File.WriteAllBytes(_folder["x"], bytes);
        var error = Assert.Throws<WeightsFormatException>(() => WeightFile.Open(_folder["x"]));
        Assert.True(reasons.Any(error.Reason.Contains), error.Reason);
        Assert.InRange(error.Offset, 0, bytes.Length);
    }
}
