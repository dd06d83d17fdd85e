using System.Text.Json;
using OrleansTransfer.Storage;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A finished model is adapted to a target domain by those who do not have the data it was trained on.</summary>
public sealed class FinishedModelTests : IDisposable
{
    // One pixel.
    private static readonly byte[] s_picture = Convert.FromBase64String(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");

    private readonly TemporaryFolder _folder = new();
    private readonly StateFolder _state = new();

    public void Dispose()
    {
        _folder.Dispose();
        _state.Dispose();
    }

    [Fact]
    public async Task A_bundle_whose_source_is_gone_is_adapted_by_two_workers_into_a_bundle_like_it()
    {
        var test = DrawnMarks.Write(_folder.Combine("target"), "test", 80, seed: 3, dim: true, labelled: true);
        var target = DrawnMarks.Write(_folder.Combine("target"), "field", 160, seed: 2, dim: true, labelled: false);
        var bundle = await SourceBundleAsync("lenet", epochs: 3);
        var before = await AccuracyAsync(bundle, test);

        using var state = new StateFolder();
        var run = (await OtxProcess.RunAsync(
        [
            "adapt", "--model", bundle, "--target", target, "--target-test", test, "--method", "shot", "--epochs", "3", "--batch-size", "16",
            "--set", "data.augment=none", "--workers", "2", "--name", "field", "--state", state.Path, "--devices", "cpu:2", "-o", "json",
        ])).Expect(0).Json;
        var judged = run.GetProperty("target");
        Assert.Empty(run.GetProperty("metrics").EnumerateObject());
        Assert.Equal(30, run.GetProperty("steps").GetInt32());
        Assert.Equal(before, judged.GetProperty("accuracyBefore").GetDouble(), 1e-6);
        var accuracy = judged.GetProperty("accuracy").GetDouble();
        Assert.True(accuracy >= before - 0.05, $"{before} before the adaptation, {accuracy} after it.");
        Assert.Equal(
            ["class-cluster", "entropy", "im", "snd"],
            judged.GetProperty("scores").EnumerateObject().Select(score => score.Name).Order(StringComparer.Ordinal));

        // The bundle is one like the first: of the same labels and preprocessing, with weights of its own.
        var id = run.GetProperty("experiment").GetString()!;
        var adapted = state.File(BlobLayout.Bundle(id));
        var (old, own) = (Describe(bundle), Describe(adapted));
        foreach (var same in (string[])["architecture", "task", "labels", "preprocessing"])
            Assert.Equal(old.GetProperty(same).GetRawText(), own.GetProperty(same).GetRawText());
        Assert.False(File.ReadAllBytes(Path.Combine(bundle, BundleFormat.Model)).AsSpan().SequenceEqual(state.Model(id)));
        Assert.Equal(
            old.GetProperty("files").GetProperty(BundleFormat.Model).GetString(), own.GetProperty("baseWeights").GetProperty("sha256").GetString());
        Assert.Equal(accuracy, await AccuracyAsync(adapted, test), 1e-6);
        Assert.Equal(161, File.ReadAllLines(Path.Combine(adapted, BundleFormat.TargetPredictions)).Length);
        var report = File.ReadAllText(Path.Combine(adapted, BundleFormat.Report));
        string[] parts = ["evaluated on 80 labelled target samples", "No data of the source was read", "before adaptation", "Adapted from"];
        foreach (var part in parts)
            Assert.Contains(part, report, StringComparison.Ordinal);
        Assert.Contains("labelled target pictures", File.ReadAllText(Path.Combine(adapted, BundleFormat.Readme)), StringComparison.Ordinal);

        // It can be trained on and started over, and its own bundle adapted again, by the beginning of its id.
        string[] here = ["--state", state.Path, "--devices", "cpu:2", "-o", "json"];
        var longer = (await OtxProcess.RunAsync(["experiments", "resume", id, "--epochs", "4", .. here])).Expect(0).Json;
        Assert.Equal(40, longer.GetProperty("steps").GetInt32());
        var again = (await OtxProcess.RunAsync(
            ["adapt", "--model", id[..7], "--target", target, "--epochs", "1", "--set", "data.augment=none", .. here])).Expect(0).Json;
        Assert.Equal("shot", again.GetProperty("target").GetProperty("method").GetString());
        Assert.Equal(JsonValueKind.Null, again.GetProperty("target").GetProperty("accuracy").ValueKind);
    }

    [Fact]
    public async Task Two_workers_adapt_as_one_with_every_method_that_needs_no_source()
    {
        var target = DrawnMarks.Write(_folder.Combine("target"), "field", 48, seed: 2, dim: true, labelled: false);
        var bundle = await SourceBundleAsync("mobilenetv1_025", epochs: 3);
        // A pseudo-label of SHOT is a decision, which rounding may turn where layers that normalise by a handful of values amplify it; in those
        // layers, each update amplifies what the last one rounded, so TENT's are small.
        IReadOnlyList<(string Method, IReadOnlyList<double> Losses, double Score)> one =
            [.. await ScoresAsync("1", "shot", "frozen", "1e-3"), .. await ScoresAsync("1", "tent,adabn", "synchronized", "1e-4")];
        IReadOnlyList<(string Method, IReadOnlyList<double> Losses, double Score)> two =
            [.. await ScoresAsync("2", "shot", "frozen", "1e-3"), .. await ScoresAsync("2", "tent,adabn", "synchronized", "1e-4")];
        Assert.Equal(["shot", "tent", "adabn"], one.Select(run => run.Method));
        foreach (var (expected, found) in one.Zip(two))
        {
            Assert.Equal(expected.Losses.Count, found.Losses.Count);
            Assert.True(
                expected.Losses.Zip(found.Losses).All(pair => Math.Abs(pair.First - pair.Second) <= 1e-4 * Math.Max(1, Math.Abs(pair.First))),
                $"{expected.Method}: {string.Join(' ', expected.Losses)} by one, {string.Join(' ', found.Losses)} by two.");
            Assert.Equal(expected.Score, found.Score, 1e-3);
        }
        Assert.True(one[0].Losses.Max() - one[0].Losses.Min() > 0.01, "The losses hardly change: agreement would say nothing.");

        async Task<IReadOnlyList<(string Method, IReadOnlyList<double> Losses, double Score)>> ScoresAsync(
            string workers, string methods, string norms, string rate)
        {
            var compared = (await OtxProcess.RunAsync(
            [
                "adapt", "--model", bundle, "--target", target, "--methods", methods, "--epochs", "2", "--batch-size", "24",
                "--set", $"transfer.batchNorm={norms}", "--set", "model.head.dropout=0", "--set", "data.augment=none",
                "--set", "transfer.validator=last", "--set", "training.optimizer.type=sgd",
                "--set", $"training.optimizer.learningRate={rate}",
                "--workers", workers, "--state", _state.Path, "--devices", "cpu:2", "-o", "json",
            ])).Expect(0).Json;
            IReadOnlyList<JsonElement> runs = compared.TryGetProperty("runs", out var several) ? [.. several.EnumerateArray()] : [compared];
            return
            [
                .. runs.Select(run => (
                    run.GetProperty("target").GetProperty("method").GetString()!, _state.Losses(run.GetProperty("experiment").GetString()!),
                    run.GetProperty("target").GetProperty("scores").GetProperty("im").GetDouble())),
            ];
        }
    }

    [Fact]
    public async Task What_cannot_be_adapted_is_refused_in_words()
    {
        var target = DrawnMarks.Write(_folder.Combine("target"), "field", 16, seed: 2, dim: true, labelled: false);
        var bundle = await SourceBundleAsync("lenet", epochs: 1);
        var texts = _folder.Combine("texts.txt");
        File.WriteAllLines(texts, Enumerable.Range(0, 20).Select(i => $"text {i}"));
        var empty = Directory.CreateDirectory(_folder.Combine("empty")).FullName;
        var stranger = _folder.Combine("labelled");
        foreach (var label in (string[])["0", "stranger"])
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(stranger, label)).FullName, "a.png"), s_picture);
        var damaged = _folder.Combine("damaged");
        Directory.CreateDirectory(damaged);
        foreach (var file in Directory.GetFiles(bundle)) File.Copy(file, Path.Combine(damaged, Path.GetFileName(file)));
        File.AppendAllText(Path.Combine(damaged, BundleFormat.Model), "more");

        await RefuseAsync(["--model", _folder.Combine("nowhere")], "model.from", "nowhere' does not exist");
        await RefuseAsync(["--model", "nowhere-1234"], "model.from", "no experiment 'nowhere-1234'", "./nowhere-1234");
        await RefuseAsync(["--model", empty], "model.from", "is not a bundle");
        await RefuseAsync(["--model", damaged], "model.from", "was changed or damaged");
        await RefuseAsync(["--model", bundle, "--target", texts], "model.from", "a model for image-classification", "text-classification");
        await RefuseAsync(["--model", bundle, "--method", "cdan"], "transfer.method", "labelled samples of the source", "shot, tent, adabn");
        await RefuseAsync(["--model", bundle, "--method", "tent"], "transfer.method", "BatchNorm layers, and lenet has none");
        await RefuseAsync(["--model", bundle, "--set", "transfer.validator=source-accuracy"], "transfer.validator", "samples of the source");
        await RefuseAsync(["--model", bundle, "--backbone", "resnet18", "--workers", "5"], "model.backbone", "has 'lenet'", "resources.workers");
        await RefuseAsync(["--model", bundle, "--target-test", stranger], "data.targetTest", "labels that the model has not: stranger");
        await RefuseAsync(["--model", bundle, "--target-test", target], "data.targetTest", "labels");
        await RefuseAsync(["--model", bundle, "--source", target], "leave out --source");

        async Task RefuseAsync(string[] arguments, params string[] named)
        {
            string[] to = arguments.Contains("--target") ? [] : ["--target", target];
            using var state = new StateFolder();
            var refused = (await OtxProcess.RunAsync(["adapt", .. arguments, .. to, "--state", state.Path, "--devices", "cpu:2"])).Expect(2);
            Assert.All(named, name => Assert.Contains(name, refused.Error, StringComparison.Ordinal));
            Assert.Empty(state.Experiments);
        }
    }

    // Trains on the source, exports the bundle and deletes the source and the experiment.
    private async Task<string> SourceBundleAsync(string backbone, int epochs)
    {
        using var state = new StateFolder();
        var source = DrawnMarks.Write(_folder.Combine("source"), "studio", 160, seed: 1, dim: false, labelled: true);
        var run = (await OtxProcess.RunAsync(
        [
            "train", "--set", $"data.train={source}", Recipe(), "--backbone", backbone, "--weights", "none", "--epochs", $"{epochs}",
            "--batch-size", "16",
            "--set", "transfer.batchNorm=trainable", "--set", "training.optimizer.backboneFactor=1", "--set", "data.augment=none",
            "--set", $"model.inputSize={DrawnMarks.Size}", "--state", state.Path, "--devices", "cpu:2", "-o", "json",
        ])).Expect(0).Json;
        var bundle = _folder.Combine("bundle");
        (await OtxProcess.RunAsync("export", run.GetProperty("experiment").GetString()!, "--to", bundle, "--state", state.Path)).Expect(0);
        Directory.Delete(_folder.Combine("source"), recursive: true);
        return bundle;
    }

    private string Recipe()
    {
        var path = _folder.Combine("source.yaml");
        File.WriteAllText(path, "name: studio\n");
        return path;
    }

    private static async Task<double> AccuracyAsync(string bundle, string test) =>
        (await OtxProcess.RunAsync("evaluate", bundle, test, "-o", "json")).Expect(0).Json.GetProperty("metrics").GetProperty("accuracy").GetDouble();

    private static JsonElement Describe(string bundle) =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(bundle, BundleFormat.Description))).RootElement;
}
