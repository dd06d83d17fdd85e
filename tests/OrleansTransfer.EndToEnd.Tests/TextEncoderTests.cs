using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Storage;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Pretrained text encoders, from a folder in the public layout to predictions.</summary>
public sealed class TextEncoderTests : IDisposable
{
    private const string Python = "/usr/bin/python3", Distilled = "distilbert-base-multilingual-cased";

    private readonly TemporaryFolder _folder = new();
    private readonly StateFolder _state = new();

    public void Dispose()
    {
        _folder.Dispose();
        _state.Dispose();
    }

    [Theory]
    [InlineData(Distilled)]
    [InlineData("xlm-roberta-base")]
    [InlineData("multilingual-e5-small")]
    [InlineData("bert-base-uncased")]
    public async Task An_encoder_is_fine_tuned_by_two_workers_and_its_bundle_stands_alone(string architecture)
    {
        var validation = Reviews.Write(_folder.Combine("validation.tsv"), 40, seed: 2);
        var weights = SmallEncoder.Write(_folder.Combine("public"), architecture, Reviews.Words, dropout: 0.1);
        var run = await TrainAsync(
        [
            .. Recipe(architecture, weights, epochs: 10), "--set", $"data.validation={validation}", "--set", "transfer.method=lp-ft",
            "--workers", "2",
        ]);
        var id = run.GetProperty("experiment").GetString()!;
        var accuracy = run.GetProperty("metrics").GetProperty("accuracy").GetDouble();
        Assert.True(accuracy > 0.9, $"An accuracy of {accuracy} is hardly above chance.");
        Assert.Contains(_state.Events(id), e => e.Message == "12 of 120 training texts are longer than 16 tokens and were cut.");

        var bundle = _folder.Combine("bundle");
        (await OtxProcess.RunAsync("export", id, "--to", bundle, "--state", _state.Path)).Expect(0);
        Directory.Delete(_folder.Combine("public"), recursive: true);
        Assert.Contains("4 of 40 validation texts", File.ReadAllText(Path.Combine(bundle, "report.html")), StringComparison.Ordinal);
        var description = JsonDocument.Parse(File.ReadAllText(Path.Combine(bundle, "bundle.json"))).RootElement;
        var tokenizer = description.GetProperty("encoder").GetProperty("tokenizer").GetString()!;
        Assert.All((string[])[tokenizer, "config.json"], name => Assert.True(description.GetProperty("files").TryGetProperty(name, out _), name));

        var evaluated = (await OtxProcess.RunAsync("evaluate", bundle, validation, "-o", "json")).Expect(0).Json;
        Assert.Equal(accuracy, evaluated.GetProperty("metrics").GetProperty("accuracy").GetDouble(), 1e-6);
        string[] texts = ["great film and lovely music", "awful and dull", "the plot was unheard of"];
        var predicted = (await OtxProcess.RunAsync(["predict", bundle, .. texts, "--top", "2", "-o", "json"])).Expect(0).Json;
        Assert.Equal(["pos", "neg"], Enumerable.Range(0, 2).Select(i => predicted[i].GetProperty("top")[0].GetProperty("label").GetString()));

        var reference = await ReferenceAsync(tokenizer, [bundle, .. texts]);
        string[] labels = [.. description.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!)];
        foreach (var (text, place) in texts.Select((text, place) => (text, place)))
            foreach (var guess in predicted[place].GetProperty("top").EnumerateArray())
            {
                var expected = reference[place][Array.IndexOf(labels, guess.GetProperty("label").GetString())].GetDouble();
                Assert.Equal(expected, guess.GetProperty("probability").GetDouble(), 1e-4);
            }
    }

    [Fact]
    public async Task Low_rank_updates_change_the_projections_they_are_beside_and_the_head_alone()
    {
        var weights = SmallEncoder.Write(_folder.Combine("public"), Distilled, Reviews.Words);
        var run = await TrainAsync([.. Recipe(Distilled, weights, epochs: 10), "--set", "model.lora.rank=4"]);
        var before = Safetensors.Read(File.ReadAllBytes(weights));
        var after = Safetensors.Read(_state.Model(run.GetProperty("experiment").GetString()!));
        Assert.Equal(
            before.Keys.Where(key => key.StartsWith("distilbert.", StringComparison.Ordinal))
                .Concat(["pre_classifier.weight", "pre_classifier.bias", "classifier.weight", "classifier.bias"]).Order(),
            after.Keys.Order());
        foreach (var (key, values) in after.Where(entry => before.ContainsKey(entry.Key)))
        {
            var isAdapted = key.EndsWith("q_lin.weight", StringComparison.Ordinal) || key.EndsWith("v_lin.weight", StringComparison.Ordinal);
            Assert.True(values.AsSpan().SequenceEqual(before[key]) != isAdapted, key);
        }

        var bundle = _state.File(BlobLayout.Bundle(run.GetProperty("experiment").GetString()!));
        var test = Reviews.Write(_folder.Combine("test.tsv"), 40, seed: 3);
        var evaluated = (await OtxProcess.RunAsync("evaluate", bundle, test, "-o", "json")).Expect(0).Json;
        Assert.True(evaluated.GetProperty("metrics").GetProperty("accuracy").GetDouble() > 0.9, evaluated.ToString());
    }

    [Fact]
    public async Task A_finished_encoder_is_adapted_by_low_rank_updates_without_its_files_and_texts()
    {
        var weights = SmallEncoder.Write(_folder.Combine("public"), "xlm-roberta-base", Reviews.Words);
        var trained = (await TrainAsync(Recipe("xlm-roberta-base", weights, epochs: 6))).GetProperty("experiment").GetString()!;
        Directory.Delete(_folder.Combine("public"), recursive: true);
        File.Delete(_folder.Combine("train.tsv"));
        var test = Reviews.Write(_folder.Combine("test.tsv"), 40, seed: 3);
        var target = Reviews.Write(_folder.Combine("target.tsv"), 60, seed: 4);
        var run = await TrainAsync(
        [
            "adapt", "--model", trained, "--target", target, "--target-test", test, "--epochs", "2", "--batch-size", "12", "--workers", "2",
            "--set", "model.lora.rank=4", "--set", "model.lora.dropout=0.1", "--set", "model.lora.targets=[key,feed-forward]",
            "--set", "transfer.validator=last", "-o", "json",
        ]);
        var judged = run.GetProperty("target");
        var (before, after) = (judged.GetProperty("accuracyBefore").GetDouble(), judged.GetProperty("accuracy").GetDouble());
        Assert.True(after > 0.9 && after >= before - 0.05, $"{before} before the adaptation, {after} after it.");
        var id = run.GetProperty("experiment").GetString()!;
        Assert.Contains(_state.Events(id), e => e.Message == "6 of 60 target texts are longer than 16 tokens and were cut.");
        var (old, own) = (Safetensors.Read(_state.Model(trained)), Safetensors.Read(_state.Model(id)));
        Assert.Equal(old.Keys.Order(), own.Keys.Order());
        string[] updated = ["attention.self.key.weight", "intermediate.dense.weight", "0.output.dense.weight", "1.output.dense.weight"];
        foreach (var (key, values) in own)
            Assert.True(values.AsSpan().SequenceEqual(old[key]) != updated.Any(end => key.EndsWith(end, StringComparison.Ordinal)), key);
        var evaluated = (await OtxProcess.RunAsync("evaluate", _state.File(BlobLayout.Bundle(id)), test, "-o", "json")).Expect(0).Json;
        Assert.Equal(after, evaluated.GetProperty("metrics").GetProperty("accuracy").GetDouble(), 1e-6);
        string[] longer = ["adapt", "--model", trained, "--target", target, "--set", "data.maximumLength=20", .. Here];
        var refused = (await OtxProcess.RunAsync(longer)).Expect(2);
        Assert.Contains("data.maximumLength: Found '20'; the model", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Frozen_stages_keep_their_weights_and_workers_and_interruptions_change_nothing()
    {
        var weights = SmallEncoder.Write(_folder.Combine("public"), Distilled, Reviews.Words);
        string[] recipe =
        [
            .. Recipe(Distilled, weights, epochs: 2), "--set", "transfer.unfreeze=last-1-stages", "--set", "model.head.dropout=0",
            "--set", "data.augment=standard", "--set", "training.optimizer.learningRate=0.001",
        ];
        var one = (await TrainAsync([.. recipe, "--workers", "1"])).GetProperty("experiment").GetString()!;
        var two = (await TrainAsync([.. recipe, "--workers", "2"])).GetProperty("experiment").GetString()!;
        var losses = _state.Losses(one);
        Assert.Equal(16, losses.Count);
        Assert.All(losses.Zip(_state.Losses(two)), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * Math.Abs(pair.First)));

        var (before, after) = (Safetensors.Read(File.ReadAllBytes(weights)), Safetensors.Read(_state.Model(two)));
        foreach (var (key, values) in before.Where(entry => after.ContainsKey(entry.Key)))
            Assert.True(values.AsSpan().SequenceEqual(after[key]) != key.Contains("layer.1.", StringComparison.Ordinal), key);

        // A run of one epoch that goes on for another: the tokenizer is the experiment's own by then.
        recipe = [.. recipe, "--set", "training.schedule=constant"];
        var first = (await TrainAsync([.. recipe, "--set", "training.epochs=1"])).GetProperty("experiment").GetString()!;
        var whole = (await TrainAsync(recipe)).GetProperty("experiment").GetString()!;
        Directory.Delete(_folder.Combine("public"), recursive: true);
        (await OtxProcess.RunAsync(Training.OneThread, ["experiments", "resume", first, "--epochs", "2", "-o", "json", .. Here])).Expect(0);
        Assert.True(_state.Model(whole).AsSpan().SequenceEqual(_state.Model(first)), "The weights differ from those of the whole run.");
    }

    [Fact]
    public async Task An_encoder_is_adapted_to_texts_without_labels()
    {
        var weights = SmallEncoder.Write(_folder.Combine("public"), "xlm-roberta-base", Reviews.Words);
        var target = Reviews.Write(_folder.Combine("target.tsv"), 40, seed: 4);
        var run = await TrainAsync(
        [
            .. Recipe("xlm-roberta-base", weights, epochs: 8), "--set", "transfer.method=mmd", "--set", $"data.target={target}",
            "--set", $"data.targetTest={target}", "--set", "transfer.weight=0.1",
        ]);
        Assert.True(run.GetProperty("target").GetProperty("accuracy").GetDouble() > 0.8, run.ToString());

        var refused = (await OtxProcess.RunAsync(
        [
            .. Recipe("xlm-roberta-base", weights, epochs: 2), "--set", "transfer.method=adabn", "--set", $"data.target={target}", .. Here,
        ])).Expect(2);
        Assert.Contains("BatchNorm", refused.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a tokenizer of another vocabulary", "model.tokenizer", "24 tokens", "21")]
    [InlineData("no tokenizer", "model.tokenizer", "holds no vocab.txt")]
    [InlineData("no tokenizer to train from scratch with", "model.tokenizer", "vocab.txt of distilbert/distilbert-base-multilingual-cased")]
    [InlineData("weights of another architecture", "model.weights", "distilbert.")]
    [InlineData("a configuration of another architecture", "model.config", "'bert'")]
    [InlineData("sizes that are not the weights'", "model.weights", "transformer.layer.2")]
    [InlineData("texts longer than the positions", "data.maximumLength", "Found 64", "34")]
    [InlineData("no rank", "model.lora.rank", "-1")]
    [InlineData("a stage that is none", "transfer.unfreeze", "layer.0, layer.1")]
    public async Task Wrong_input_is_refused_in_words(string what, params string[] named)
    {
        var weights = SmallEncoder.Write(_folder.Combine("public"), Distilled, Reviews.Words);
        string[] recipe = [.. Recipe(Distilled, weights, epochs: 2), .. Wrong(what)];
        var refused = (await OtxProcess.RunAsync([.. recipe, .. Here])).Expect(2);
        Assert.StartsWith("error: ", refused.LastError, StringComparison.Ordinal);
        Assert.All(named, name => Assert.Contains(name, refused.Error, StringComparison.Ordinal));
        Assert.Empty(_state.Experiments);
        Assert.False(Directory.Exists(_state.File("weights")), "Weights were imported for a run that was refused.");
    }

    private string[] Here => ["--state", _state.Path, "--devices", "cpu:2"];

    private IEnumerable<string> Wrong(string what)
    {
        var config = _folder.Combine("public", "config.json");
        switch (what)
        {
            case "a tokenizer of another vocabulary":
                SmallEncoder.Write(_folder.Combine("other"), Distilled, [.. Reviews.Words, "one", "two", "three"]);
                return ["--set", $"model.tokenizer={_folder.Combine("other", "vocab.txt")}"];
            case "no tokenizer":
                File.Delete(_folder.Combine("public", "vocab.txt"));
                return [];
            case "no tokenizer to train from scratch with":
                return ["--set", "model.weights=none"];
            case "weights of another architecture":
                SmallEncoder.Write(_folder.Combine("public"), "bert-base-uncased", Reviews.Words);
                SmallEncoder.Write(_folder.Combine("distilled"), Distilled, Reviews.Words);
                return ["--set", $"model.config={_folder.Combine("distilled")}"];
            case "a configuration of another architecture":
                SmallEncoder.Write(_folder.Combine("public"), "bert-base-uncased", Reviews.Words);
                return [];
            case "sizes that are not the weights'":
                File.WriteAllText(config, File.ReadAllText(config).Replace("\"n_layers\":2", "\"n_layers\":3", StringComparison.Ordinal));
                return [];
            case "texts longer than the positions":
                return ["--set", "data.maximumLength=64"];
            case "no rank":
                return ["--set", "model.lora.rank=-1"];
            case "a stage that is none":
                return ["--set", "transfer.unfreeze=layer.7"];
            default:
                throw new ArgumentOutOfRangeException(nameof(what), what, null);
        }
    }

    [Fact]
    public async Task Vectors_of_a_frozen_encoder_are_computed_once_for_all_workers_and_runs()
    {
        var weights = SmallEncoder.Write(_folder.Combine("public"), Distilled, Reviews.Words, dropout: 0.1);
        string[] recipe =
        [
            .. Recipe(Distilled, weights, epochs: 4), "--set", "transfer.method=feature-extraction", "--set", "model.head.dropout=0",
            "--set", "data.augment=none",
        ];
        var without = await IdAsync(megabytes: 0, workers: 1);
        var first = await IdAsync(megabytes: 10, workers: 2);
        var second = await IdAsync(megabytes: 10, workers: 1);

        Assert.Equal(2, Directory.GetFiles(_state.File("cache/features")).Length);
        Assert.DoesNotContain(_state.Events(without), Kept);
        Assert.Equal(2, _state.Events(first).Count(Kept));
        Assert.Equal(2, _state.Events(second).Count(e => Kept(e) && e.Message!.Contains("kept on this node already", StringComparison.Ordinal)));
        foreach (var id in new[] { first, second })
            Assert.All(_state.Losses(without).Zip(_state.Losses(id)), pair => Assert.Equal(pair.First, pair.Second, 1e-4 * pair.First));

        static bool Kept(ExperimentEvent e) => e.Message?.StartsWith("The backbone is frozen: features of", StringComparison.Ordinal) == true;

        async Task<string> IdAsync(int megabytes, int workers)
        {
            var surroundings = new Dictionary<string, string>(Training.OneThread) { ["OTX_FEATURES_MEGABYTES"] = $"{megabytes}" };
            var run = await OtxProcess.RunAsync(surroundings, [.. recipe, "--workers", $"{workers}", .. Here]);
            return run.Expect(0).Json.GetProperty("experiment").GetString()!;
        }
    }

    private string[] Recipe(string architecture, string weights, int epochs) =>
    [
        "train", Reviews.Write(_folder.Combine("train.tsv"), 120), "--backbone", architecture, "--weights", weights,
        "--epochs", epochs.ToString(CultureInfo.InvariantCulture), "--batch-size", "12", "--set", "data.maximumLength=16",
        "--set", "training.optimizer.learningRate=0.01", "--set", "training.optimizer.backboneFactor=1", "-o", "json",
    ];

    private async Task<JsonElement> TrainAsync(IEnumerable<string> arguments) =>
        (await OtxProcess.RunAsync(Training.OneThread, [.. arguments, .. Here])).Expect(0).Json;

    private static async Task<JsonElement> ReferenceAsync(string tokenizer, string[] arguments)
    {
        var modules = tokenizer.EndsWith(".model", StringComparison.Ordinal) ? "torch, sentencepiece" : "torch";
        if (!File.Exists(Python) || await PythonAsync(["-c", $"import {modules}"]) is not (0, _, _))
            Assert.Skip($"{Python} has no {modules} (Debian packages python3-torch and python3-sentencepiece).");
        var answered = await PythonAsync([Path.Combine(AppContext.BaseDirectory, "tools", "check_text_bundle.py"), .. arguments]);
        Assert.True(answered.ExitCode == 0, answered.Error);
        return JsonDocument.Parse(answered.Out).RootElement;
    }

    private static async Task<(int ExitCode, string Out, string Error)> PythonAsync(IEnumerable<string> arguments)
    {
        using var python = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (python.ExitCode, said, await error);
    }
}
