using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Models.Text;

public sealed class EvidenceLayerTests
{
    private const int Rows = 6, Ids = 9, Keys = 200;

    private static readonly IReadOnlyList<int[]> s_texts =
        [[1, 2, 7], [1, 7, 7, 3], [2, 8], [8, 4, 5], [3, 1, 2, 8], [5], [], [4, 7], [7, 1], [8, 8, 2]];

    [Fact]
    public void Before_evidence_is_taken_in_logits_are_those_of_the_vectors()
    {
        using var scope = NewDisposeScope();
        using var without = Model(0);
        using var with = Model(Keys);
        Assert.Equal(Logits(without), Logits(with));
    }

    [Fact]
    public void A_word_without_a_vector_says_nothing_before_evidence_was_gathered_of_it()
    {
        using var scope = NewDisposeScope();
        using var model = Model(Keys);
        model.eval();
        Assert.Equal(Of(model, [1, 2]), Of(model, [1, 8, 2]));
        model.TakeEvidence(s_texts, Features(model));
        Assert.NotEqual(Of(model, [1, 2]), Of(model, [1, 8, 2]));
    }

    [Fact]
    public void Evidence_counts_as_its_definition_says()
    {
        using var scope = NewDisposeScope();
        using var model = Model(Keys);
        model.eval();
        var before = Of(model, [3, 8, 2]);
        model.TakeEvidence(s_texts, Features(model));

        // 3, 8 and 2 are known, and so is the pair of 8 and 2, but not that of 3 and 8: five features, one of which says nothing.
        long[] keys = [.. s_texts.SelectMany(text => WordPairs.Of(text, Ids)).Distinct().Order()];
        using var plain = Model(0);
        plain.eval();
        var gathered = WordEvidence.Gather(
            [.. s_texts.Select(text => WordPairs.Of(text, Ids).Select(key => Array.BinarySearch(keys, key)).ToArray())], keys.Length,
            [.. s_texts.Select(text => Of(plain, text))]);
        long[] found = [3 * Ids, 8 * Ids, 8 * Ids + 2, 2 * Ids];
        var expected = gathered.Labels.Select((label, k) =>
        {
            var sum = found.Sum(key => (double)label.Values[Array.BinarySearch(keys, key)]) / Math.Sqrt(5);
            var joined = label.Given.Apply(before[k] - before.Average()) + label.Words.Apply(sum);
            return (joined - label.Both.Centre) * label.Given.Deviation;
        });
        Assert.All(expected.Zip(Of(model, [3, 8, 2])), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.All(Of(model, [3, 8, 2]).Zip(Of(model, [3, 8, 2, 0, 0, 0])), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
    }

    [Fact]
    public void Evidence_travels_with_the_weights()
    {
        using var scope = NewDisposeScope();
        using var model = Model(Keys);
        model.TakeEvidence(s_texts, Features(model));
        using var file = new MemoryStream();
        StateDict.Save(model, file, new Dictionary<string, string>());
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        try
        {
            File.WriteAllBytes(path, file.ToArray());
            using var other = Model(Keys);
            using var weights = SafetensorsFile.Open(path);
            StateDict.Load(other, weights, new LoadOptions());
            Assert.Equal(Logits(model), Logits(other));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Texts_with_more_words_than_there_is_place_for_are_refused()
    {
        using var scope = NewDisposeScope();
        using var few = Model(3);
        using var none = Model(0);
        Assert.Throws<InvalidOperationException>(() => few.TakeEvidence(s_texts, Features(few)));
        Assert.Throws<InvalidOperationException>(() => none.TakeEvidence(s_texts, Features(none)));
    }

    private static WordVectorClassifier Model(int keys)
    {
        var model = new WordVectorClassifier("words", new(Rows, 4, Hidden: 0) { Ids = Ids, EvidenceKeys = keys }, 2);
        model.Initialize(5);
        model.ReplaceHead(2, 0, 5);
        return model;
    }

    private static float[] Of(WordVectorClassifier model, int[] text)
    {
        using var noGradient = no_grad();
        model.eval();
        return model.call(Input(text)).data<float>().ToArray();
    }

    private static float[][] Logits(WordVectorClassifier model) => [.. s_texts.Select(text => Of(model, text))];

    private static float[][] Features(WordVectorClassifier model)
    {
        using var noGradient = no_grad();
        model.eval();
        return [.. s_texts.Select(text => model.Features(Input(text)).data<float>().ToArray())];
    }

    private static Tensor Input(int[] text)
    {
        long[] ids = text.Length == 0 ? [0] : [.. text.Select(id => (long)id)];
        return tensor(ids).unsqueeze(0);
    }
}
