using OrleansTransfer.Learning.Data;
using SkiaSharp;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class ImageFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_and_pictures_come_in_ordinal_order_with_nested_and_without_hidden_files()
    {
        foreach (var file in new[] { "b/2.png", "b/10.png", "b/deep/er/1.png", "Z/1.png", "a/1.png", "a/.hidden.png", ".git/1.png", "loose.png" })
            _folder.WritePicture(file);
        var dataset = Scan();
        Assert.Equal(["Z", "a", "b"], dataset.Labels);
        Assert.Equal(["Z/1.png", "a/1.png", "b/10.png", "b/2.png", "b/deep/er/1.png"], dataset.Samples.Select(sample => sample.Path));
        Assert.Equal([0, 1, 2, 2, 2], dataset.Samples.Select(sample => sample.Label));
        Assert.Empty(dataset.Broken);
    }

    [Fact]
    public void Given_labels_set_the_order_and_must_match_the_folders()
    {
        _folder.WritePicture("a/1.png");
        _folder.WritePicture("b/1.png");
        Assert.Equal(["b/1.png", "a/1.png"], Scan("b", "a").Samples.Select(sample => sample.Path));
        var error = Assert.Throws<LearningException>(() => Scan("a", "c")).Message;
        Assert.Contains("no folder for 'c'", error);
        Assert.Contains("folders for 'b'", error);
        Assert.Contains("'a' more than once", Assert.Throws<LearningException>(() => Scan("a", "b", "a")).Message);
    }

    [Fact]
    public void Broken_files_are_named_with_the_reason_and_passed_over()
    {
        var jpeg = TemporaryFolder.Picture(64, 64, 1, SKEncodedImageFormat.Jpeg);
        _folder.WritePicture("a/ok.png");
        _folder.WritePicture("b/ok.png");
        _folder.Write("a/empty.jpg", []);
        _folder.Write("a/words.txt", "words"u8);
        _folder.Write("b/cut.jpg", jpeg.AsSpan(0, jpeg.Length / 2));
        var dataset = Scan();
        Assert.Equal(2, dataset.Samples.Count);
        Assert.Equal(["a/empty.jpg", "a/words.txt", "b/cut.jpg"], dataset.Broken.Select(file => file.Path));
        Assert.Equal(["it is empty (0 bytes)", "it is not an image in a known format"], dataset.Broken.Take(2).Select(file => file.Reason));
        Assert.StartsWith("truncated JPEG: ", dataset.Broken[2].Reason);
    }

    [Fact]
    public void A_label_without_a_usable_picture_is_an_error()
    {
        _folder.WritePicture("a/1.png");
        _folder.Write("b/1.png", "x"u8);
        var error = Assert.Throws<LearningException>(() => Scan()).Message;
        Assert.Contains("'b'", error);
        Assert.Contains("b/1.png", error);
        Directory.CreateDirectory(_folder["c"]);
        File.Delete(_folder["b/1.png"]);
        Assert.Contains("the folder is empty", Assert.Throws<LearningException>(() => Scan()).Message);
    }

    [Fact]
    public void Another_layout_is_explained()
    {
        Assert.Contains("does not exist. Expected a folder with one sub-folder", Error(_folder["none"]));
        Assert.Contains("is a file", Error(_folder.WritePicture("1.png")));
        Assert.Contains("has no label folders, only 1 file.", Error(_folder.Path));
        _folder.WritePicture("a/1.png");
        Assert.Contains("single label folder, 'a'", Error(_folder.Path));

        static string Error(string path) =>
            Assert.Throws<LearningException>(() => ImageFolder.Scan(path, null, TestContext.Current.CancellationToken)).Message;
    }

    [Fact]
    public void Progress_counts_every_file_and_cancellation_stops()
    {
        for (var i = 0; i < 20; i++) _folder.WritePicture($"{(i % 2 == 0 ? 'a' : 'b')}/{i}.png");
        var seen = new Highest();
        ImageFolder.Scan(_folder.Path, null, TestContext.Current.CancellationToken, seen);
        Assert.Equal(20, seen.Value);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ImageFolder.Scan(_folder.Path, null, cancelled.Token));
    }

    [Fact]
    public void Unlabelled_files_are_listed_in_order()
    {
        _folder.WritePicture("b.png");
        _folder.WritePicture("a/c.png");
        Assert.Equal(["a/c.png", "b.png"], ImageFolder.List(_folder.Path));
    }

    [Fact]
    public void Inspection_counts_labels_duplicates_sizes_and_formats()
    {
        _folder.WritePicture("a/1.png", 10, 20, seed: 1);
        _folder.WritePicture("a/2.png", 10, 20, seed: 1);
        _folder.WritePicture("a/3.png", 30, 40, seed: 2);
        _folder.Write("a/4.png", "x"u8);
        _folder.WritePicture("b/1.png", 30, 40, seed: 2);
        _folder.Write("b/2.jpg", TemporaryFolder.Picture(50, 60, 3, SKEncodedImageFormat.Jpeg));
        var inspection = DatasetInspection.Of(_folder.Path, null, TestContext.Current.CancellationToken);
        Assert.Equal([new(0, "a", 3, 1), new(1, "b", 2, 0)], inspection.Labels);
        Assert.Equal(1.5, inspection.Imbalance);
        Assert.Equal([["a/1.png", "a/2.png"], ["a/3.png", "b/1.png"]], inspection.Duplicates.Select(group => group.Paths));
        Assert.Equal(["a", "b"], Assert.Single(inspection.Contradictions).Labels);
        Assert.Equal((new SizeRange(10, 30, 50), new SizeRange(20, 40, 60)), (inspection.Width, inspection.Height));
        Assert.Equal([new("PNG", 4), new("JPEG", 1)], inspection.Formats);
    }

    private ImageDataset Scan(params string[] labels) =>
        ImageFolder.Scan(_folder.Path, labels.Length == 0 ? null : labels, TestContext.Current.CancellationToken);

    private sealed class Highest : IProgress<int>
    {
        private readonly Lock _gate = new();

        public int Value { get; private set; }

        public void Report(int value)
        {
            lock (_gate) Value = Math.Max(Value, value);
        }
    }
}
