using System.Globalization;
using OrleansTransfer.Storage;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>Texts, from a table to predictions.</summary>
public sealed class TextTests
{
    private static readonly string[] s_good = ["good", "great", "fine", "lovely"], s_bad = ["bad", "awful", "poor", "dull"];
    private static readonly string[] s_gut = ["gut", "toll", "fein"], s_schlecht = ["schlecht", "mies", "fad"];

    [Fact]
    public async Task Reviews_of_one_language_train_a_model_that_is_adapted_to_another_and_asked()
    {
        using var folder = new TemporaryFolder();
        using var state = new StateFolder();
        Write(folder);
        string[] data =
        [
            "--target", folder.Combine("target.txt"), "--target-test", folder.Combine("test.tsv"), "--epochs", "6", "--batch-size", "16",
            "--set", "model.backbone=word-vectors", "--set", $"model.vectors=[{folder.Combine("vectors.txt")}]", "--set", "model.hidden=8",
            "--set", "transfer.batchNorm=trainable", "--set", "training.optimizer.learningRate=0.02", "--set", "training.optimizer.backboneFactor=1",
        ];
        var adapted = (await OtxProcess.RunAsync(
            ["adapt", "--source", folder.Combine("source.tsv"), "--method", "mmd", .. data, "--state", state.Path, "--devices", "cpu:2", "-o", "json"])).Expect(0);
        var id = adapted.Json.GetProperty("experiment").GetString()!;
        Assert.True(adapted.Json.GetProperty("target").GetProperty("accuracy").GetDouble() > 0.9, adapted.Out);

        string[] here = ["--state", state.Path, "-o", "json"];
        var predicted = (await OtxProcess.RunAsync(["predict", id, "a great and lovely film", "mies", folder.Combine("target.txt"), .. here])).Expect(0).Json;
        Assert.Equal(42, predicted.GetArrayLength());
        Assert.Equal(["pos", "neg"], Enumerable.Range(0, 2).Select(i => predicted[i].GetProperty("top")[0].GetProperty("label").GetString()));

        var evaluated = (await OtxProcess.RunAsync(["evaluate", id, folder.Combine("source.tsv"), "--shift", folder.Combine("test.tsv"), .. here])).Expect(0).Json;
        Assert.Equal(80, evaluated.GetProperty("samples").GetInt32());
        Assert.InRange(evaluated.GetProperty("shift").GetProperty("proxyADistance").GetDouble(), 0, 2);
        Assert.True(evaluated.GetProperty("shift").GetProperty("accuracy").GetDouble() > 0.9);

        // The bundle stands alone, and knows what it is for.
        var bundle = folder.Combine("bundle");
        (await OtxProcess.RunAsync(["export", id, "--to", bundle, .. here])).Expect(0);
        Assert.True(File.Exists(Path.Combine(bundle, "vocabulary.txt")));
        Assert.Equal(2, (await OtxProcess.RunAsync(["predict", bundle, "good", "bad", "-o", "json"])).Expect(0).Json.GetArrayLength());
        (await OtxProcess.RunAsync(["predict", bundle, " "])).Expect(2);
    }

    [Fact]
    public async Task A_finished_model_of_words_is_adapted_without_the_tables_and_texts_it_was_made_of()
    {
        using var folder = new TemporaryFolder();
        using var state = new StateFolder();
        Write(folder);
        string[] here = ["--state", state.Path, "--devices", "cpu:2", "-o", "json"];
        var trained = (await OtxProcess.RunAsync(
        [
            "train", folder.Combine("source.tsv"), "--epochs", "4", "--batch-size", "16", "--set", "model.backbone=word-vectors",
            "--set", $"model.vectors=[{folder.Combine("vectors.txt")}]", "--set", "model.hidden=8", "--set", "transfer.batchNorm=trainable",
            "--set", "training.optimizer.learningRate=0.02", "--set", "training.optimizer.backboneFactor=1", .. here,
        ])).Expect(0).Json.GetProperty("experiment").GetString()!;
        foreach (var gone in (string[])["source.tsv", "vectors.txt"]) File.Delete(folder.Combine(gone));
        string[] data =
            ["--target", folder.Combine("target.txt"), "--target-test", folder.Combine("test.tsv"), "--epochs", "2", "--batch-size", "16"];
        var target = (await OtxProcess.RunAsync(["adapt", "--model", trained, .. data, "--workers", "2", .. here])).Expect(0).Json;
        var (before, after) = (Accuracy("accuracyBefore"), Accuracy("accuracy"));
        Assert.True(after > 0.9 && after >= before - 0.05, $"{before} before the adaptation, {after} after it.");

        var bundle = state.File(BlobLayout.Bundle(target.GetProperty("experiment").GetString()!));
        Assert.Equal(
            File.ReadAllText(Path.Combine(state.File(BlobLayout.Bundle(trained)), "vocabulary.txt")),
            File.ReadAllText(Path.Combine(bundle, "vocabulary.txt")));
        var evaluated = (await OtxProcess.RunAsync("evaluate", bundle, folder.Combine("test.tsv"), "-o", "json")).Expect(0).Json;
        Assert.Equal(after, evaluated.GetProperty("metrics").GetProperty("accuracy").GetDouble(), 1e-6);

        double Accuracy(string name) => target.GetProperty("target").GetProperty(name).GetDouble();
    }

    [Theory]
    [InlineData("no table of vectors", "model.vectors")]
    [InlineData("a vector file of other lengths", "model.vectors")]
    [InlineData("a table without texts", "data.train", "'text'")]
    [InlineData("bytes that are no text", "data.target")]
    [InlineData("a label that the source has not", "data.targetTest", "line 2", "mixed")]
    public async Task Wrong_input_is_refused_in_words(string what, params string[] named)
    {
        using var folder = new TemporaryFolder();
        using var state = new StateFolder();
        Write(folder);
        var (source, target, test, vectors) = (folder.Combine("source.tsv"), folder.Combine("target.txt"), folder.Combine("test.tsv"), folder.Combine("vectors.txt"));
        switch (what)
        {
            case "no table of vectors":
                vectors = folder.Combine("elsewhere.txt");
                break;
            case "a vector file of other lengths":
                File.WriteAllText(vectors, "good 1 2 3\nbad 1 2\n");
                break;
            case "a table without texts":
                File.WriteAllText(source, "label\treview\npos\tgood\nneg\tbad\n");
                break;
            case "bytes that are no text":
                File.WriteAllBytes(target, [.. Enumerable.Range(0, 4000).Select(i => (byte)(i * 7919 % 251 % 32))]);
                break;
            default:
                File.WriteAllText(test, "label\ttext\nmixed\tgut\npos\ttoll\n");
                break;
        }
        var refused = (await OtxProcess.RunAsync(
            "adapt", "--source", source, "--target", target, "--target-test", test, "--method", "mmd", "--state", state.Path, "--devices", "cpu:1",
            "--set", "model.backbone=word-vectors", "--set", $"model.vectors=[{vectors}]")).Expect(2);
        Assert.All(named, name => Assert.Contains(name, refused.Error, StringComparison.Ordinal));
        Assert.Empty(state.Experiments);
    }

    // Two languages whose words of praise lie close together in one space, and noise words of both.
    private static void Write(TemporaryFolder folder)
    {
        var random = new Random(5);
        string[] fill = [.. Enumerable.Range(0, 12).Select(i => $"w{i}")];
        string Vector(double first) => string.Join(' ', Enumerable.Range(0, 6).Select(i =>
            ((i == 0 ? first : 0) + (random.NextDouble() - 0.5) * 0.4).ToString("0.0000", CultureInfo.InvariantCulture)));
        File.WriteAllLines(folder.Combine("vectors.txt"),
        [
            .. s_good.Concat(s_gut).Select(word => $"{word} {Vector(1)}"),
            .. s_bad.Concat(s_schlecht).Select(word => $"{word} {Vector(-1)}"),
            .. fill.Select(word => $"{word} {Vector(0)}"),
        ]);
        string Text(string[] words) => $"{fill[random.Next(12)]} {words[random.Next(words.Length)]} {fill[random.Next(12)]} {words[random.Next(words.Length)]}";
        File.WriteAllLines(folder.Combine("source.tsv"),
            ["label\ttext", .. Enumerable.Range(0, 80).Select(i => i % 2 == 0 ? $"pos\t{Text(s_good)}" : $"neg\t{Text(s_bad)}")]);
        File.WriteAllLines(folder.Combine("test.tsv"),
            ["label\ttext", .. Enumerable.Range(0, 30).Select(i => i % 2 == 0 ? $"pos\t{Text(s_gut)}" : $"neg\t{Text(s_schlecht)}")]);
        File.WriteAllLines(folder.Combine("target.txt"), Enumerable.Range(0, 40).Select(i => Text(i % 2 == 0 ? s_gut : s_schlecht)));
    }
}
