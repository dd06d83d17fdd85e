using System.IO.Compression;
using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Tests.Data;

public class IdxTests
{
    private static readonly Preprocessing s_plain = new(4, 4, Interpolation.Bilinear, [0, 0, 0], [1, 1, 1]);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pair_of_files_is_a_data_set(bool zipped)
    {
        using var folder = new TemporaryFolder();
        var images = Write(folder, "digits", [3, 1, 3], zipped);
        var dataset = ImageFolder.Scan(images, null, TestContext.Current.CancellationToken);
        Assert.Equal(["1", "3"], dataset.Labels);
        Assert.Equal([0, 1, 1], dataset.Samples.Select(sample => sample.Label));
        var name = Path.GetFileName(images);
        Assert.Equal([$"{name}#1", $"{name}#0", $"{name}#2"], dataset.Samples.Select(sample => sample.Path));

        var values = new float[3 * 16];
        new PictureReader(s_plain).Read(Path.Combine(dataset.Root, dataset.Samples[0].Path), "second", values);
        Assert.All(values, value => Assert.Equal(101 / 255f, value, 1e-5));
        Assert.Equal(3, ImageFolder.ScanUnlabelled(images, TestContext.Current.CancellationToken).Samples.Count);
        Assert.NotEmpty(ImageFolder.LabelsIn(images));
    }

    [Fact]
    public void Inspection_counts_labels_and_duplicates_and_does_without_labels()
    {
        using var folder = new TemporaryFolder();
        var images = Write(folder, "digits", [3, 1, 3], zipped: false);
        var bytes = File.ReadAllBytes(images);
        bytes.AsSpan(16, (bytes.Length - 16) / 3).CopyTo(bytes.AsSpan(16 + 2 * (bytes.Length - 16) / 3));
        File.WriteAllBytes(images, bytes);
        var found = DatasetInspection.Of(images, null, TestContext.Current.CancellationToken);
        Assert.Equal([new(0, "1", 1, 0), new(1, "3", 2, 0)], found.Labels);
        Assert.Equal((3, 2.0, 0), (found.Samples, found.Imbalance, found.Contradictions.Count));
        Assert.Equal(["digits-images-idx3-ubyte#0", "digits-images-idx3-ubyte#2"], Assert.Single(found.Duplicates).Paths);

        File.Delete(images.Replace("images-idx3", "labels-idx1", StringComparison.Ordinal));
        found = DatasetInspection.Of(images, null, TestContext.Current.CancellationToken);
        Assert.Empty(found.Labels);
        Assert.Equal((3, 1.0), (found.Samples, found.Imbalance));
    }

    [Fact]
    public void Broken_pairs_say_what_is_wrong()
    {
        using var folder = new TemporaryFolder();
        var images = Write(folder, "digits", [3, 1, 3], zipped: false);
        string Fails(string path) => Assert.Throws<LearningException>(() => ImageFolder.Scan(path, null, TestContext.Current.CancellationToken)).Message;

        File.Copy(images, folder["alone-images-idx3-ubyte"]);
        Assert.Contains("alone-labels-idx1-ubyte", Fails(folder["alone-images-idx3-ubyte"]));

        Write(folder, "short", [3, 1, 3], zipped: false);
        File.WriteAllBytes(folder["short-images-idx3-ubyte"], File.ReadAllBytes(images)[..40]);
        Assert.Contains("3 pictures of 4x4 pixels, and 24 bytes follow", Fails(folder["short-images-idx3-ubyte"]));

        Write(folder, "other", [3, 1], zipped: false);
        File.Copy(images, folder["other-images-idx3-ubyte"], overwrite: true);
        Assert.Contains("do not belong together", Fails(folder["other-images-idx3-ubyte"]));

        File.WriteAllText(folder["text-images-idx3-ubyte"], "no pictures here, but words enough");
        Assert.Contains("0x00000803", Fails(folder["text-images-idx3-ubyte"]));
        Assert.Contains("no such file", Fails(folder["missing-images-idx3-ubyte"]));
    }

    [Fact]
    public void A_place_behind_the_last_picture_is_an_error()
    {
        using var folder = new TemporaryFolder();
        var images = Write(folder, "digits", [3, 1], zipped: true);
        var error = Assert.Throws<LearningException>(() => new ImageDecoder().Decode(images + "#2", "third"));
        Assert.Contains("2 pictures", error.Message);
    }

    [Fact]
    public void Folders_of_labels_are_plain_folders_where_labels_are_not_looked_at()
    {
        using var folder = new TemporaryFolder();
        foreach (var label in new[] { "cat", "dog" })
        {
            Directory.CreateDirectory(folder[label]);
            using var bitmap = new SkiaSharp.SKBitmap(4, 4);
            using var png = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
            File.WriteAllBytes(Path.Combine(folder[label], "1.png"), png.ToArray());
        }
        File.WriteAllText(Path.Combine(folder["cat"], "notes.txt"), "not a picture");
        var dataset = ImageFolder.ScanUnlabelled(folder.Path, TestContext.Current.CancellationToken);
        Assert.Equal(["cat/1.png", "dog/1.png"], dataset.Samples.Select(sample => sample.Path));
        Assert.All(dataset.Samples, sample => Assert.Equal(0, sample.Label));
        Assert.Equal("cat/notes.txt", Assert.Single(dataset.Broken).Path);
        Assert.Equal(["cat", "dog"], ImageFolder.LabelsIn(folder.Path));
    }

    private static string Write(TemporaryFolder folder, string stem, byte[] labels, bool zipped)
    {
        var ending = zipped ? ".gz" : "";
        byte[] Number(int value) => [0, 0, 0, (byte)value];
        Save(folder[$"{stem}-labels-idx1-ubyte{ending}"], [0, 0, 8, 1, .. Number(labels.Length), .. labels]);
        var pixels = labels.SelectMany((_, i) => Enumerable.Repeat((byte)(100 + i), 16));
        var images = folder[$"{stem}-images-idx3-ubyte{ending}"];
        Save(images, [0, 0, 8, 3, .. Number(labels.Length), .. Number(4), .. Number(4), .. pixels]);
        return images;

        void Save(string path, byte[] bytes)
        {
            using var file = File.Create(path);
            if (!zipped)
            {
                file.Write(bytes);
                return;
            }
            using var zip = new GZipStream(file, CompressionLevel.Fastest);
            zip.Write(bytes);
        }
    }
}
