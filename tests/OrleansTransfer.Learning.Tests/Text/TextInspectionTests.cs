using System.Text;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class TextInspectionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Labels_lengths_duplicates_and_unusable_rows_are_counted()
    {
        var found = Of("a.csv", "label,text\npos,good film\nneg,bad\nneg, good film\npos,\nneg\npos,\"a, b c 😀\"\npos,x\n");
        Assert.Equal([new(0, "neg", 2), new(1, "pos", 3)], found.Labels);
        Assert.Equal((5, 1.5, 1, "utf-8", null), (found.Texts, found.Imbalance, found.Empty, found.Encoding, found.Remark));
        Assert.Equal([5, 6], found.Skipped.Select(row => row.Line));
        var twice = Assert.Single(found.Duplicates);
        Assert.Equal("good film", twice.Text);
        Assert.Equal([2, 4], twice.Lines);
        Assert.Equal([twice], found.Contradictions);
        Assert.Equal((1, 2, 4), (found.Words.Min, found.Words.Median, found.Words.Max));
        Assert.Equal((1, 8, 10), (found.Characters.Min, found.Characters.Median, found.Characters.Max));
    }

    [Fact]
    public void Quantiles_are_lengths_that_a_share_of_the_texts_does_not_exceed()
    {
        var lines = Enumerable.Range(1, 200).Select(count => string.Join(' ', Enumerable.Repeat("w", count)));
        Assert.Equal(new LengthQuantiles(1, 100, 180, 198, 200), Of("a.txt", string.Join('\n', lines)).Words);
    }

    [Fact]
    public void A_single_label_is_a_finding() => Assert.Equal([new(0, "pos", 2)], Of("a.tsv", "label\ttext\npos\ta\npos\tb\n").Labels);

    [Fact]
    public void A_table_without_labels_is_inspected_without_them_and_says_why()
    {
        var found = Of("a.csv", "sentiment,text\npos,a\nneg,b\n");
        Assert.Empty(found.Labels);
        Assert.Equal((2, 1.0), (found.Texts, found.Imbalance));
        Assert.Contains("'label'", found.Remark, StringComparison.Ordinal);
        Assert.Null(Of("a.txt", "one text\nanother\n").Remark);
    }

    [Fact]
    public void What_has_no_texts_is_an_error()
    {
        Assert.Throws<LearningException>(() => Of("a.csv", "label,review\npos,a\n"));
        Assert.Throws<LearningException>(() => Of("a.csv", "label,text\npos,\n"));
        Assert.Throws<LearningException>(() => TextInspection.Of(_folder["elsewhere.csv"]));
    }

    private TextInspection Of(string name, string content) => TextInspection.Of(_folder.Write(name, Encoding.UTF8.GetBytes(content)));
}
