using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class WordEvidenceTests
{
    [Fact]
    public void Words_that_the_classifier_does_not_know_speak_by_the_company_they_keep()
    {
        // The classifier knows the words 0 and 1 alone; 2 comes with the one and 3 with the other.
        int[][] texts = [.. Enumerable.Range(0, 40).Select(i => (int[])[i % 2, 2 + i % 2, 4 + i]), [2, 50], [3, 50]];
        float[][] logits = [.. texts.Select(text => text[0] switch { 0 => (float[])[0, 1], 1 => [0, -1], _ => [0, 0] })];
        var evidence = WordEvidence.Gather(texts, 51, logits);
        Assert.True(evidence.Scores[40][1] > 0.1, $"{evidence.Scores[40][1]}");
        Assert.True(evidence.Scores[41][1] < -0.1, $"{evidence.Scores[41][1]}");
        Assert.True(evidence.Labels[1].Values[2] > 0.1);
        Assert.True(evidence.Labels[1].Values[3] < -0.1);
    }

    [Fact]
    public void A_text_whose_words_no_other_has_keeps_its_own_score()
    {
        var texts = Enumerable.Range(0, 20).Select(i => (int[])[2 * i, 2 * i + 1]).ToList();
        var logits = Enumerable.Range(0, 20).Select(i => (float[])[0, i]).ToList();
        var evidence = WordEvidence.Gather(texts, 40, logits);

        // Scores are half the difference of two logits; the median counts as 0.
        Assert.All(evidence.Scores.Index(), text => Assert.Equal((text.Index - 9.5) / 2, text.Item[1], 1e-9));
    }

    [Fact]
    public void Each_label_gets_its_share_of_the_texts()
    {
        var random = new Random(3);
        var texts = Enumerable.Range(0, 300).Select(_ => Enumerable.Range(0, 6).Select(_ => random.Next(40)).Distinct().ToArray()).ToList();

        // The classifier is all for the first of three labels.
        var logits = texts.Select(text => (float[])[5 + random.NextSingle(), random.NextSingle(), random.NextSingle()]).ToList();
        var evidence = WordEvidence.Gather(texts, 40, logits);
        for (var k = 0; k < 3; k++) Assert.Equal(100, evidence.Scores.Count(row => row[k] > 0), 1.0);
    }

    [Fact]
    public void What_the_logits_have_in_common_does_not_matter()
    {
        int[][] texts = [[0, 1], [1, 2], [2, 3], [3, 0], [0, 2], [1, 3]];
        float[] scores = [0.3f, -1, 2, 0.5f, -0.2f, 1];
        var first = WordEvidence.Gather(texts, 4, [.. scores.Select(score => (float[])[0, score])]);
        var second = WordEvidence.Gather(texts, 4, [.. scores.Select(score => (float[])[8, score + 8])]);
        Assert.All(first.Scores.Zip(second.Scores), pair => Assert.Equal(pair.First[1], pair.Second[1], 1e-5));
        Assert.All(first.Scores, row => Assert.Equal(-row[0], row[1], 1e-9));
        Assert.Throws<ArgumentException>(() => WordEvidence.Gather(texts, 4, [[1, 2]]));
        Assert.All(WordEvidence.Gather([[], []], 0, [[1, 1], [1, 1]]).Scores, row => Assert.All(row, score => Assert.Equal(0, score)));
    }
}
