using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using OrleansTransfer.Learning.Tests.Data;

namespace OrleansTransfer.Learning.Tests.Drawing;

public sealed class LeafDatasetTests
{
    [Fact]
    public void The_source_task_is_an_image_folder_of_twelve_species()
    {
        using var folder = new TemporaryFolder();
        LeafDataset.WriteSource(folder.Path, perClass: 3, seed: 1, size: 48);
        var dataset = ImageFolder.Scan(folder.Path, null, TestContext.Current.CancellationToken);
        Assert.Equal(LeafDataset.SourceLabels, dataset.Labels);
        Assert.Equal((12, 36, 0), (dataset.Labels.Count, dataset.Samples.Count, dataset.Broken.Count));
    }

    [Fact]
    public void The_target_task_has_training_and_test_folders_without_common_pictures()
    {
        using var folder = new TemporaryFolder();
        LeafDataset.WriteTarget(folder.Path, perClassTrain: 4, perClassTest: 6, seed: 1, size: 48);
        Assert.Equal(8, ImageFolder.Scan(folder["train"], LeafDataset.TargetLabels, TestContext.Current.CancellationToken).Samples.Count);
        Assert.Equal(12, ImageFolder.Scan(folder["test"], LeafDataset.TargetLabels, TestContext.Current.CancellationToken).Samples.Count);
        Directory.Move(folder["train/healthy"], folder["train/a"]);
        Directory.Move(folder["train/diseased"], folder["test/b"]);
        Directory.Move(folder["train/a"], folder["test/a"]);
        Assert.Empty(DatasetInspection.Of(folder["test"], null, TestContext.Current.CancellationToken).Duplicates);
    }

    [Fact]
    public void A_picture_depends_on_seed_label_and_index_alone()
    {
        using var folder = new TemporaryFolder();
        LeafDataset.WriteSource(folder["few"], perClass: 2, seed: 5, size: 32);
        LeafDataset.WriteSource(folder["many"], perClass: 4, seed: 5, size: 32);
        LeafDataset.WriteSource(folder["other"], perClass: 2, seed: 6, size: 32);
        foreach (var path in ImageFolder.List(folder["few"]))
        {
            var expected = Pixels(folder["few"], path);
            Assert.Equal(expected, Pixels(folder["many"], path));
            Assert.NotEqual(expected, Pixels(folder["other"], path));
        }
    }

    private static byte[] Pixels(string folder, string path) => new ImageDecoder().Decode(Path.Combine(folder, path), path).Pixels.ToArray();
}
