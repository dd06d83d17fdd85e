using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class WordEvidenceTests
{
    [Fact]
    public void Words_that_the_classifier_does_not_know_speak_by_the_company_they_keep()
    {
        // The classifier knows "good" and "bad" alone; "zing" comes with the one and "zang" with the other.
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? $"good zing film{i}" : $"bad zang film{i}"), "zing film", "zang film"];
        var scores = texts.Select(text => text.Split(' ')[0] switch { "good" => 1.0, "bad" => -1, _ => 0 });
        var evidence = WordEvidence.Gather(texts, [.. scores]);
        Assert.True(evidence.Scores[40] > 0.1, $"{evidence.Scores[40]}");
        Assert.True(evidence.Scores[41] < -0.1, $"{evidence.Scores[41]}");
        Assert.True(evidence.Score("a zing of sorts", 0) > 0);
        Assert.True(evidence.Score("a zang of sorts", 0) < 0);
        Assert.Equal(evidence.Score("never heard", 0), evidence.Score("", 0));
    }

    [Fact]
    public void A_text_is_not_judged_by_its_own_score_alone()
    {
        // Every word is in one text only: there is no evidence but the score itself.
        var texts = Enumerable.Range(0, 20).Select(i => $"one{i} two{i}").ToList();
        var scores = Enumerable.Range(0, 20).Select(i => (double)i).ToList();
        var evidence = WordEvidence.Gather(texts, scores);
        Assert.Equal(scores.Select(score => Math.Round((score - 9.5) / 5.7663, 3)), evidence.Scores.Select(score => Math.Round(score, 3)));
    }

    [Fact]
    public void Scale_and_offset_of_the_scores_do_not_matter()
    {
        string[] texts = ["a b", "b c", "c d", "d a", "a c", "b d d"];
        double[] scores = [0.3, -1, 2, 0.5, -0.2, 1];
        var first = WordEvidence.Gather(texts, scores);
        var second = WordEvidence.Gather(texts, [.. scores.Select(score => (7 * score) + 3)]);
        Assert.All(first.Scores.Zip(second.Scores), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
        Assert.Equal(first.Score("a d", 0.4), second.Score("a d", 5.8), 1e-9);
        Assert.Throws<ArgumentException>(() => WordEvidence.Gather(texts, [1]));
        Assert.All(WordEvidence.Gather(["", ""], [1, 1]).Scores, score => Assert.Equal(0, score));
    }
}
