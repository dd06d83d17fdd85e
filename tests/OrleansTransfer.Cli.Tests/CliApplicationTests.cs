using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;

namespace OrleansTransfer.Cli.Tests;

public sealed class CliApplicationTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-cli-").FullName;
    private FakeCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await FakeCluster.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(new[] { "trian" }, "'train'")]
    [InlineData(new[] { "train", "x", "--epoch", "3" }, "'--epochs'")]
    [InlineData(new[] { "train", "x", "--epochs", "many" }, "many")]
    [InlineData(new[] { "train" }, "otx train --help")]
    [InlineData(new[] { "train", "nowhere.yaml" }, "nowhere.yaml")]
    [InlineData(new[] { "experiments", "list", "-o", "xml" }, "xml")]
    [InlineData(new[] { "experiments", "list", "--cluster", "ftp://x" }, "ftp://x")]
    [InlineData(new[] { "experiments", "list", "--cluster", "x:1", "--state", "y" }, "--state")]
    [InlineData(new[] { "models", "show", "resnet" }, "resnet18")]
    [InlineData(new[] { "models", "show", "xlm-roberta" }, "xlm-roberta-base")]
    [InlineData(new[] { "data", "inspect", "/nowhere" }, "/nowhere")]
    [InlineData(new[] { "data", "inspect", "/nowhere.csv" }, "/nowhere.csv")]
    public async Task Wrong_input_is_2_and_named(string[] args, string named)
    {
        var (code, streams) = await RunAsync(args);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains(named, streams.ErrorText);
        Assert.Empty(streams.OutText);
    }

    [Fact]
    public async Task A_cluster_that_cannot_be_reached_is_3_and_named()
    {
        var (code, streams) = await RunAsync("experiments", "list", "--cluster", "http://127.0.0.1:9");
        Assert.Equal(ExitCodes.Unreachable, code);
        Assert.Contains("http://127.0.0.1:9", streams.LastErrorLine);
    }

    [Fact]
    public async Task Problems_of_a_recipe_are_listed_and_nothing_is_sent()
    {
        var (code, streams) = await RunAsync("train", Recipe("training: { epoch: 3 }"), "--set", "training.batchSize=-1", "--cluster", _cluster.Url);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("training.epoch", streams.ErrorText);
        Assert.Contains("training.batchSize", streams.ErrorText);
        Assert.Contains("data.train", streams.ErrorText);
        Assert.Empty(_cluster.Requests);
    }

    [Fact]
    public async Task A_recipe_that_the_cluster_refuses_is_2()
    {
        _cluster.Refusal = [new("resources.workers", "Found 9 workers, the cluster has 1 device.")];
        var (code, streams) = await RunAsync("train", Recipe("data: { train: x }"), "--cluster", _cluster.Url);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Equal("error: resources.workers: Found 9 workers, the cluster has 1 device.", streams.LastErrorLine);
    }

    [Fact]
    public async Task Training_follows_the_run_and_ends_with_one_document()
    {
        _cluster.Add("state", message: "Running");
        _cluster.Add("epoch", 10, 1, values: new() { ["accuracy"] = 0.9, ["loss"] = 0.3, ["trainingLoss"] = double.NaN });
        _cluster.Add("epoch", 20, 2, values: new() { ["accuracy"] = 0.97, ["loss"] = 0.11 });
        _cluster.OnAllRead = _cluster.Complete;

        var (code, streams) = await RunAsync("train", Recipe("data: { train: x }"), "--epochs", "2", "--cluster", _cluster.Url, "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal(2, _cluster.Submitted!.Training.Epochs);
        Assert.Equal(Path.GetFullPath("x"), _cluster.Submitted.Data.Train);

        using var document = JsonDocument.Parse(streams.OutText);
        var root = document.RootElement;
        Assert.Equal("leaves-3f9a", root.GetProperty("experiment").GetString());
        Assert.Equal("Completed", root.GetProperty("state").GetString());
        Assert.Equal(
            (2, 1, 20, 2, 0),
            (Int("workers"), Int("generation"), Int("steps"), Int("epochs"), Int("stepsLost")));
        Assert.Equal(0.97, root.GetProperty("metrics").GetProperty("accuracy").GetDouble());
        Assert.Equal(["accuracy", "loss", "macroF1"], root.GetProperty("metrics").EnumerateObject().Select(metric => metric.Name));
        Assert.StartsWith("leaves-3f9a", streams.ErrorText);
        Assert.Contains("epoch 1/2  accuracy 0.9000", streams.ErrorText);
        Assert.Contains($"otx predict leaves-3f9a <picture or folder> --cluster {_cluster.Url}", streams.ErrorText);

        int Int(string name) => root.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task A_failed_run_is_1_and_ends_with_the_root_cause()
    {
        _cluster.Add("failure", message: "n2 was lost");
        _cluster.OnAllRead = () =>
            _cluster.Experiment = _cluster.Experiment with { State = ExperimentState.Failed, Reason = "Worker n2/cpu:0 was lost." };
        var (code, streams) = await RunAsync("experiments", "watch", "leaves", "--cluster", _cluster.Url);
        Assert.Equal(ExitCodes.Failed, code);
        Assert.Equal("error: leaves-3f9a failed: Worker n2/cpu:0 was lost.", streams.LastErrorLine);
    }

    [Fact]
    public async Task Ctrl_C_detaches_from_a_remote_run_and_says_how_to_come_back()
    {
        using var interrupt = new CancellationTokenSource();
        _cluster.Add("state", message: "Running");
        _cluster.OnAllRead = interrupt.Cancel;
        var streams = new RecordedStreams();
        var code = await CliApplication.RunAsync(["train", Recipe("data: { train: x }"), "--cluster", _cluster.Url], streams, interrupt.Token);
        Assert.Equal(ExitCodes.Interrupted, code);
        Assert.Contains($"otx experiments watch leaves-3f9a --cluster {_cluster.Url}", streams.LastErrorLine);
        Assert.DoesNotContain(_cluster.Requests, request => request.EndsWith("/cancel", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_detached_run_prints_its_id_alone()
    {
        var (code, streams) = await RunAsync("train", Recipe("data: { train: x }"), "--detach", "--cluster", _cluster.Url);
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal("leaves-3f9a", streams.OutText.TrimEnd());
    }

    [Fact]
    public async Task A_run_of_this_process_cannot_be_detached()
    {
        var (code, streams) = await RunAsync("train", Recipe("data: { train: x }"), "--detach", "--state", _folder);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("--cluster", streams.LastErrorLine);
    }

    [Theory]
    [InlineData("experiments", "list")]
    [InlineData("experiments", "show", "leaves")]
    [InlineData("experiments", "logs", "leaves")]
    [InlineData("experiments", "cancel", "leaves")]
    [InlineData("cluster", "status")]
    public async Task Json_is_one_document_and_text_is_not_json(params string[] args)
    {
        _cluster.Add("state", message: "Running");
        _cluster.Complete();
        var (code, streams) = await RunAsync([.. args, "--cluster", _cluster.Url, "-o", "json"]);
        Assert.Equal(ExitCodes.Done, code);
        JsonDocument.Parse(streams.OutText).Dispose();

        (code, streams) = await RunAsync([.. args, "--cluster", _cluster.Url]);
        Assert.Equal(ExitCodes.Done, code);
        Assert.ThrowsAny<JsonException>(() => JsonDocument.Parse(streams.OutText));
    }

    [Fact]
    public async Task Export_copies_the_bundle()
    {
        _cluster.Complete();
        _cluster.Bundle["bundle.json"] = [1, 2, 3];
        var target = Path.Combine(_folder, "exported");
        var (code, _) = await RunAsync("export", "leaves", "--to", target, "--cluster", _cluster.Url);
        Assert.Equal(ExitCodes.Done, code);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(Path.Combine(target, "bundle.json"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Export_of_an_unfinished_run_is_2()
    {
        var (code, streams) = await RunAsync("export", "leaves", "--to", _folder, "--cluster", _cluster.Url);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains("it is Running", streams.LastErrorLine);
    }

    [Fact]
    public async Task A_recipe_is_explained()
    {
        var (code, streams) = await RunAsync("recipe", "explain", Recipe("data: { train: x }"), "--epochs", "4");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("# recipe.yaml, line 1", streams.OutText);
        Assert.Matches(@"epochs: 4\s+# --set", streams.OutText);
    }

    [Fact]
    public async Task The_catalogue_and_its_lines_are_shown()
    {
        var (code, streams) = await RunAsync("models", "show", "squeezenet1_0", "-o", "json");
        Assert.Equal(ExitCodes.Done, code);
        using var document = JsonDocument.Parse(streams.OutText);
        Assert.Equal(1_248_424, document.RootElement.GetProperty("parameters").GetInt64());
        Assert.Equal(9, document.RootElement.GetProperty("stages").GetArrayLength());
        var published = Assert.Single(document.RootElement.GetProperty("published").EnumerateArray());
        Assert.Equal("squeezenet1_0/imagenet1k_v1", published.GetProperty("name").GetString());
        Assert.Equal(58.092, published.GetProperty("top1").GetDouble());
    }

    [Fact]
    public async Task Text_encoders_are_shown_with_what_they_need()
    {
        var (code, streams) = await RunAsync("models", "show", "multilingual-e5-small");
        Assert.Equal(ExitCodes.Done, code);
        Assert.Contains("\"query: \"", streams.OutText);
        Assert.Contains("intfloat/multilingual-e5-small: model.safetensors, config.json, sentencepiece.bpe.model", streams.OutText);

        (_, streams) = await RunAsync("models", "show", "multilingual-e5-small", "-o", "json");
        using var document = JsonDocument.Parse(streams.OutText);
        Assert.Equal(117_505_920, document.RootElement.GetProperty("parameters").GetInt64());
        Assert.Equal(13, document.RootElement.GetProperty("stages").GetArrayLength());
        Assert.Equal("", document.RootElement.GetProperty("keyPrefix").GetString());
    }

    [Fact]
    public async Task The_list_has_networks_for_both_tasks()
    {
        var (_, streams) = await RunAsync("models", "list", "-o", "json");
        using var document = JsonDocument.Parse(streams.OutText);
        var tasks = document.RootElement.EnumerateArray()
            .ToDictionary(model => model.GetProperty("name").GetString()!, model => model.GetProperty("task").GetString());
        Assert.Equal(("image-classification", "text-classification"), (tasks["resnet18"], tasks["xlm-roberta-base"]));
    }

    [Fact]
    public async Task A_network_without_public_weights_says_so()
    {
        var (_, streams) = await RunAsync("models", "show", "lenet");
        Assert.Contains("a bundle's model.safetensors, or none; there are no public ones", streams.OutText);
        Assert.DoesNotContain("SOURCES", streams.OutText);
    }

    [Fact]
    public async Task A_table_of_texts_is_inspected()
    {
        var table = Path.Combine(_folder, "texts.tsv");
        File.WriteAllText(table, "label\ttext\npos\tgood film\nneg\tbad\nneg\tgood film\npos\t\nneg\n");
        var (code, streams) = await RunAsync("data", "inspect", table);
        Assert.Equal(ExitCodes.Done, code);
        Assert.Matches(@"texts\s+3", streams.OutText);
        Assert.Contains("2, 1 of them with an empty text", streams.OutText);
        Assert.Contains("the same text: lines 2, 4, labelled neg and pos", streams.OutText);
        Assert.Contains("unusable: line 6", streams.OutText);
    }

    private string Recipe(string text)
    {
        var path = Path.Combine(_folder, "recipe.yaml");
        File.WriteAllText(path, text);
        return path;
    }

    private static async Task<(int Code, RecordedStreams Streams)> RunAsync(params string[] args)
    {
        var streams = new RecordedStreams();
        return (await CliApplication.RunAsync(args, streams, TestContext.Current.CancellationToken), streams);
    }
}
