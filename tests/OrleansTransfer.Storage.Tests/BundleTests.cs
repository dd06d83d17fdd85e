namespace OrleansTransfer.Storage.Tests;

public sealed class BundleTests : IDisposable
{
    private static readonly BundleDescription Described = new()
    {
        Experiment = "run-1",
        Architecture = "resnet50",
        Task = "image-classification",
        Labels = ["gesund", "kränklich"],
        Preprocessing = new BundlePreprocessing(256, 224, "bilinear", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        BaseWeights = new BundleBaseWeights("imagenet", new string('0', 64)),
        Recipe = "name: leaves\n",
        Metrics = new Dictionary<string, double> { ["accuracy"] = 0.96, ["macroF1"] = double.NaN },
        Libraries = new Dictionary<string, string> { ["TorchSharp"] = "0.107.0" },
    };

    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobContainer _container;

    public BundleTests() => _container = new FolderBlobContainer(_folder["store"]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Target => _folder["out"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_written_is_exported_and_opened()
    {
        await WriteAsync("weights");
        var exported = await ExportAsync();
        var bundle = await BundleReader.OpenAsync(Target, Cancellation);

        Assert.Equal("weights", await File.ReadAllTextAsync(bundle.ModelPath, Cancellation));
        var names = Directory.GetFiles(Target).Select(Path.GetFileName).Order(StringComparer.Ordinal);
        Assert.Equal(["README.md", "bundle.json", "model.safetensors"], names);
        Assert.Equal(["README.md", "model.safetensors"], exported.Files.Keys);
        Assert.Equivalent(exported, bundle.Description);
        Assert.Equivalent(Described with { Files = exported.Files }, bundle.Description);
        var json = await File.ReadAllTextAsync(Path.Combine(Target, "bundle.json"), Cancellation);
        Assert.Contains("\"formatVersion\": 1", json, StringComparison.Ordinal);
        Assert.Contains("kränklich", json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bundle_is_opened_where_it_lies_and_its_files_are_checked()
    {
        await WriteAsync("weights");
        var bundle = await BundleReader.OpenAsync(_container, "run-1", _folder["cache"], Cancellation);
        Assert.Equal("weights", await File.ReadAllTextAsync(bundle.ModelPath, Cancellation));
        Assert.Equal(Described.Labels, bundle.Description.Labels);
        Assert.True(File.Exists(await BundleReader.FileAsync(bundle, "README.md", Cancellation)));
        await Assert.ThrowsAsync<BundleException>(() => BundleReader.FileAsync(bundle, "other.txt", Cancellation));

        await File.WriteAllTextAsync(bundle.ModelPath, "others", Cancellation);
        var changed = await Assert.ThrowsAsync<BundleException>(() => BundleReader.OpenAsync(_container, "run-1", _folder["cache"], Cancellation));
        Assert.Contains("model.safetensors of the bundle 'run-1' was changed or damaged", changed.Message);
        var none = await Assert.ThrowsAsync<BundleException>(() => BundleReader.OpenAsync(_container, "run-2", _folder["cache"], Cancellation));
        Assert.Contains("'run-2' has no bundle", none.Message);
    }

    [Fact]
    public async Task A_bundle_leads_to_no_file_outside_itself()
    {
        await WriteAsync("weights");
        await ExportAsync();
        await File.WriteAllTextAsync(_folder["key"], "secret", Cancellation);
        var description = Path.Combine(Target, "bundle.json");
        await File.WriteAllTextAsync(
            description,
            (await File.ReadAllTextAsync(description, Cancellation)).Replace("\"README.md\"", "\"../key\"", StringComparison.Ordinal), Cancellation);
        var bundle = await BundleReader.OpenAsync(Target, Cancellation);
        var refused = await Assert.ThrowsAsync<BundleException>(() => BundleReader.FileAsync(bundle, "../key", Cancellation));
        Assert.Contains("no name within it", refused.Message);
    }

    [Fact]
    public async Task A_second_bundle_replaces_the_first_everywhere()
    {
        await WriteAsync("first");
        await ExportAsync();
        await WriteAsync("second");
        await ExportAsync();
        Assert.Equal("second", await File.ReadAllTextAsync((await BundleReader.OpenAsync(Target, Cancellation)).ModelPath, Cancellation));
    }

    [Fact]
    public async Task An_unfinished_bundle_does_not_exist()
    {
        await WriteAsync("first");
        CheckpointFile[] files = [new(BundleFormat.Model, (_, _) => throw new IOException("the device is gone"))];
        await Assert.ThrowsAsync<IOException>(() => new BundleWriter(_container, "run-1").WriteAsync(Described, files, Cancellation));
        Assert.Equal("The experiment 'run-1' has no bundle.", (await Assert.ThrowsAsync<BundleException>(() => ExportAsync())).Message);
    }

    [Fact]
    public async Task Exporting_refuses_a_folder_with_other_files_unless_told_otherwise()
    {
        await WriteAsync("weights");
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "thesis.txt"), "years of work", Cancellation);

        var error = await Assert.ThrowsAsync<BundleException>(() => ExportAsync());
        Assert.Equal($"The folder '{Target}' already holds other files. Choose an empty folder, or allow overwriting.", error.Message);
        await ExportAsync(overwrite: true);
        await BundleReader.OpenAsync(Target, Cancellation);
        Assert.True(File.Exists(Path.Combine(Target, "thesis.txt")));
    }

    [Fact]
    public async Task Exporting_refuses_the_bundle_of_another_experiment()
    {
        await WriteAsync("weights");
        await ExportAsync();
        await new BundleWriter(_container, "run-2").WriteAsync(Described with { Experiment = "run-2" }, Files("other"), Cancellation);
        var error = await Assert.ThrowsAsync<BundleException>(() => BundleExport.ExportAsync(_container, "run-2", Target, false, Cancellation));
        Assert.Contains("the bundle of the experiment 'run-1'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exporting_a_damaged_bundle_leaves_no_bundle()
    {
        await WriteAsync("weights");
        await File.WriteAllTextAsync(_folder["store/experiments/run-1/bundle/model.safetensors"], "WEIGHTS", Cancellation);
        Assert.Contains("is damaged", (await Assert.ThrowsAsync<BundleException>(() => ExportAsync())).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<BundleException>(() => BundleReader.OpenAsync(Target, Cancellation));
    }

    [Fact]
    public async Task Opening_explains_what_is_wrong()
    {
        await AssertRefusedAsync("does not exist");
        Directory.CreateDirectory(Target);
        await AssertRefusedAsync("is not a bundle: it has no bundle.json");
        await DescribeAsync("[]");
        await AssertRefusedAsync("is not a bundle: its bundle.json has no formatVersion");
        await DescribeAsync("{ \"formatVersion\": 7 }");
        await AssertRefusedAsync("has format version 7; this version reads 1");
        await DescribeAsync("{ \"formatVersion\": 1 }");
        await AssertRefusedAsync("cannot be read");
        await DescribeAsync("{ \"formatVersion\": ");
        await AssertRefusedAsync("cannot be read");
        File.Delete(Path.Combine(Target, "bundle.json"));
        await WriteAsync("weights");
        await ExportAsync();
        await File.WriteAllTextAsync(Path.Combine(Target, BundleFormat.Model), "WEIGHTS", Cancellation);
        await AssertRefusedAsync("was changed or damaged");
        File.Delete(Path.Combine(Target, BundleFormat.Model));
        await AssertRefusedAsync("it has no model.safetensors");
    }

    [Fact]
    public async Task A_bundle_needs_a_model() => await Assert.ThrowsAsync<ArgumentException>(
        () => new BundleWriter(_container, "run-1").WriteAsync(Described, Files("x")[1..], Cancellation));

    private static CheckpointFile[] Files(string weights) =>
    [
        CheckpointFile.FromData(BundleFormat.Model, BinaryData.FromString(weights)),
        CheckpointFile.FromData(BundleFormat.Readme, BinaryData.FromString("# A model")),
    ];

    private Task<BundleDescription> WriteAsync(string weights) =>
        new BundleWriter(_container, "run-1").WriteAsync(Described, Files(weights), Cancellation);

    private Task<BundleDescription> ExportAsync(bool overwrite = false) =>
        BundleExport.ExportAsync(_container, "run-1", Target, overwrite, Cancellation);

    private Task DescribeAsync(string json) => File.WriteAllTextAsync(Path.Combine(Target, "bundle.json"), json, Cancellation);

    private async Task AssertRefusedAsync(string reason)
    {
        var error = await Assert.ThrowsAsync<BundleException>(() => BundleReader.OpenAsync(Target, Cancellation));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains(Target, error.Message, StringComparison.Ordinal);
    }
}
