using System.Text;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class TextTableTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("x.csv", "label,text\npos,good film\nneg,bad one\n", 2, 3)]
    [InlineData("x.csv", "Text , LABEL,id\ngood film,pos,1\r\nbad one,neg,2", 2, 3)]
    [InlineData("x.csv", "label;text\npos;good film\nneg;bad one\n", 2, 3)]
    [InlineData("x.tsv", "label\ttext\npos\tgood film\nneg\tbad one", 2, 3)]
    [InlineData("x.TSV", "id\ttext\tlabel\r\n1\tgood film\t pos \r\n2\tbad one\tneg\r\n", 2, 3)]
    [InlineData("x.jsonl", "{\"label\": \"pos\", \"text\": \"good film\"}\n{\"TEXT\": \"bad one\", \"label\": \"neg\", \"n\": 1}\n", 1, 2)]
    [InlineData("x.ndjson", "{\"text\":\"good fil\\u006d\",\"label\":\"pos\"}\r\n\r\n{\"text\":\"bad one\",\"label\":\"neg\"}", 1, 3)]
    public void The_same_table_in_every_format(string name, string content, int firstLine, int lastLine)
    {
        var dataset = TextTable.Read(Write(name, content));
        Assert.Equal(["neg", "pos"], dataset.Labels);
        Assert.Equal([("good film", 1), ("bad one", 0)], dataset.Samples.Select(sample => (sample.Text, sample.Label)));
        Assert.Equal([firstLine, lastLine], dataset.Samples.Select(sample => sample.Line));
        Assert.Empty(dataset.Skipped);
    }

    [Fact]
    public void A_quoted_field_holds_commas_line_ends_and_quotes_and_lines_are_counted()
    {
        var dataset = TextTable.Read(Write("x.csv", "label,text\na,\"one, two\n\"\"three\"\"\"\n\nb,5\" nails\na,last"));
        Assert.Equal([("one, two\n\"three\"", 2), ("5\" nails", 5), ("last", 6)], dataset.Samples.Select(sample => (sample.Text, sample.Line)));
    }

    [Fact]
    public void A_quote_is_a_character_like_any_other_in_tabs()
    {
        var dataset = TextTable.Read(Write("x.tsv", "label\ttext\na\t\"never closed\nb\t\"closed\" and \"\"more\"\"\na\t'\n"));
        Assert.Equal(["\"never closed", "\"closed\" and \"\"more\"\"", "'"], dataset.Samples.Select(sample => sample.Text));
    }

    [Theory]
    [InlineData("x.csv", "label,text\na,fine\nb,\"open\na,lost\nb,lost\n", "line 3: a quoted field begins in this row and is never closed")]
    [InlineData("x.csv", "sentiment,text\na,fine", "no column 'label': line 1 names 'sentiment', 'text'")]
    [InlineData("x.csv", "label,text,Text\na,b,c", "the column 'text' 2 times in line 1")]
    [InlineData("x.tsv", "pos\tgood film\n", "no column 'text': line 1 names 'pos', 'good film'")]
    [InlineData("x.jsonl", "\n{\"label\": 1, \"content\": \"\"}", "no column 'text': line 2 names 'label', 'content'")]
    [InlineData("x.csv", "label,text\na,one\na,two\n", "All 2 rows")]
    [InlineData("x.csv", "label,text\n", "has no texts")]
    [InlineData("x.csv", "", "is empty")]
    [InlineData("x.jsonl", " \n", "is empty")]
    [InlineData("x.csv", "label,text\na,\nb\n", "None of the 2 rows of")]
    [InlineData("x.txt", "one\ntwo\n", "texts without labels")]
    [InlineData("x.json", "[]", "Expected .csv, .tsv or .jsonl.")]
    public void What_cannot_be_read_is_named_with_its_line(string name, string content, string expected)
    {
        var path = Write(name, content);
        var message = Assert.Throws<LearningException>(() => TextTable.Read(path)).Message;
        Assert.Contains(expected, message);
        Assert.Contains(path, message);
    }

    [Fact]
    public void Rows_that_cannot_be_used_are_passed_over_and_reported()
    {
        var csv = TextTable.Read(Write("x.csv", "label,text\na,one\nb,  \na,x,y\n,two\nb\n\nb,three\n"));
        Assert.Equal(["one", "three"], csv.Samples.Select(sample => sample.Text));
        Assert.Equal(
            [
                new(3, "the text is empty"), new(4, "the row has 3 fields, the header 2"), new(5, "the label is empty"),
                new(6, "the row has 1 field, the header 2"),
            ],
            csv.Skipped);
        var json = TextTable.Read(Write("x.jsonl", string.Join('\n',
            "{\"label\": 1, \"text\": \"one\"}", "{\"label\": 1", "[1]", "{\"text\": \"x\"}", "{\"label\": 1, \"text\": 5}",
            "{\"label\": [], \"text\": \"x\"}", "{\"label\": null, \"text\": \"x\"}", "{\"label\": 1, \"text\": \"\\ud800\"}",
            "{\"label\": 0, \"text\": null}", "{\"label\": false, \"text\": \"two\"}")));
        Assert.Equal(["1", "false"], json.Labels);
        Assert.Equal(["one", "two"], json.Samples.Select(sample => sample.Text));
        Assert.Equal(Enumerable.Range(2, 8), json.Skipped.Select(row => row.Line));
        Assert.Contains(json.Skipped, row => row is { Line: 4, Reason: "the object has no 'label'" });
    }

    [Fact]
    public void Given_labels_keep_their_order_and_must_match()
    {
        var path = Write("x.csv", "label,text\npos,one\nneg,two\nneutral,three\n");
        Assert.Equal([0, 2, 1], TextTable.Read(path, ["pos", "neutral", "neg"]).Samples.Select(sample => sample.Label));
        var unknown = Assert.Throws<LearningException>(() => TextTable.Read(path, ["pos", "neg", "neutrl"])).Message;
        Assert.Contains("line 4: the label 'neutral' is not known. Did you mean 'neutrl'? Known labels: 'pos', 'neg', 'neutrl'.", unknown);
        Assert.Contains("No row of", Assert.Throws<LearningException>(() => TextTable.Read(path, ["pos", "neg", "neutral", "mixed"])).Message);
        Assert.Contains("at least two", Assert.Throws<LearningException>(() => TextTable.Read(path, ["pos"])).Message);
        Assert.Contains("'pos' more than once", Assert.Throws<LearningException>(() => TextTable.Read(path, ["pos", "pos"])).Message);
    }

    [Fact]
    public void Other_columns_can_be_named()
    {
        var path = Write("x.csv", "stars,review\n1,bad\n5,good\n");
        Assert.Equal(["1", "5"], TextTable.Read(path, columns: new("Stars", "review")).Labels);
    }

    [Theory]
    [InlineData("x.txt", "one\r\n\r\n\"two\",\tthree\n")]
    [InlineData("x.csv", "text\none\n\n\"\"\"two\"\",\tthree\"\n")]
    [InlineData("x.jsonl", "{\"text\": \"one\"}\n\n{\"text\": \"\\\"two\\\",\\tthree\"}\n")]
    public void Texts_without_labels(string name, string content)
    {
        var dataset = TextTable.ReadUnlabelled(Write(name, content));
        Assert.Empty(dataset.Labels);
        Assert.Equal(["one", "\"two\",\tthree"], dataset.Samples.Select(sample => sample.Text));
        Assert.Equal(name == "x.csv" ? [2, 4] : [1, 3], dataset.Samples.Select(sample => sample.Line));
    }

    [Fact]
    public void Labels_of_a_table_do_not_matter_where_none_are_wanted() =>
        Assert.Equal(["one", "two"], TextTable.ReadUnlabelled(Write("x.tsv", "label\ttext\n\tone\nx\ttwo")).Samples.Select(sample => sample.Text));

    [Fact]
    public void A_text_may_be_long()
    {
        var text = string.Concat(Enumerable.Repeat("long text, ", 20_000));
        Assert.Equal(text, TextTable.Read(Write("x.csv", $"label,text\na,\"{text}\"\nb,short\n")).Samples[0].Text);
    }

    public static TheoryData<string, byte[]> Marks => new()
    {
        { "utf-8", Encoding.UTF8.GetPreamble() }, { "utf-16", Encoding.Unicode.GetPreamble() },
        { "utf-16BE", Encoding.BigEndianUnicode.GetPreamble() }, { "utf-32", Encoding.UTF32.GetPreamble() }, { "utf-8", [] },
    };

    [Theory, MemberData(nameof(Marks))]
    public void Encodings_are_told_by_their_marks_and_utf8_by_itself(string name, byte[] mark)
    {
        var content = Encoding.GetEncoding(name).GetBytes("label,text\nअच्छा,फ़िल्म 😀\nख़राब,été\n");
        var dataset = TextTable.Read(_folder.Write("x.csv", [.. mark, .. content]));
        Assert.Equal(["अच्छा", "ख़राब"], dataset.Labels);
        Assert.Equal("फ़िल्म 😀", dataset.Samples[0].Text);
        Assert.Equal(name, dataset.Encoding);
    }

    [Fact]
    public void Older_encodings_are_recognised_by_their_letters()
    {
        const string Texts = "label,text\nда,Очень хороший фильм, смотрели всей семьёй и остались довольны\nнет,Скучно и слишком долго\n";
        var bytes = CodePagesEncodingProvider.Instance.GetEncoding(1251)!.GetBytes(Texts.Replace("фильм, ", "фильм ", StringComparison.Ordinal));
        var dataset = TextTable.Read(_folder.Write("x.csv", bytes));
        Assert.Equal("windows-1251", dataset.Encoding);
        Assert.Equal(["да", "нет"], dataset.Labels);
    }

    [Fact]
    public void A_damaged_utf8_file_is_refused_with_the_line_of_its_first_bad_byte()
    {
        byte[] content = [.. "label,text\na,été à côté\n"u8, .. "b,"u8, 0xE9, .. " broken\n"u8];
        var message = Assert.Throws<LearningException>(() => TextTable.Read(_folder.Write("x.csv", content))).Message;
        Assert.Contains("line 3 has the byte 0xE9", message);
        Assert.Contains("Save the file as UTF-8", message);
    }

    [Fact]
    public void Binary_files_are_refused_by_name()
    {
        Assert.Contains("binary file: it begins as PNG does", Refusal("x.csv", TemporaryFolder.Picture(4, 4, 1)));
        Assert.Contains("spreadsheet (.xlsx)", Refusal("x.csv", [0x50, 0x4B, 3, 4, 20, 0]));
        Assert.Contains("line 2 has a zero byte", Refusal("x.tsv", "label\ttext\na\t\0"u8));
        Assert.Contains("'.safetensors'", Refusal("x.safetensors", "{}"u8));
        Assert.Contains("does not exist", Assert.Throws<LearningException>(() => TextTable.Read(_folder["none.csv"])).Message);
        Directory.CreateDirectory(_folder["y.csv"]);
        Assert.Contains("is a folder", Assert.Throws<LearningException>(() => TextTable.Read(_folder["y.csv"])).Message);

        string Refusal(string name, ReadOnlySpan<byte> bytes)
        {
            var path = _folder.Write(name, bytes);
            var message = Assert.Throws<LearningException>(() => TextTable.ReadUnlabelled(path)).Message;
            Assert.Contains(path, message);
            return message;
        }
    }

    [Fact]
    public void Real_reviews_are_read_in_full()
    {
        var train = TextTable.Read(SharedFolder.Path("data", "sentiment", "en_train.tsv"));
        Assert.Equal((8530, 0), (train.Samples.Count, train.Skipped.Count));
        Assert.Equal(["neg", "pos"], train.Labels);
        Assert.Equal(185, TextTable.Read(SharedFolder.Path("data", "sentiment", "hi_dev.tsv")).Samples.Count);
        Assert.Equal(14518, TextTable.ReadUnlabelled(SharedFolder.Path("data", "sentiment", "hi_unlabeled.txt")).Samples.Count);
    }

    private string Write(string name, string content) => _folder.Write(name, Encoding.UTF8.GetBytes(content));
}
