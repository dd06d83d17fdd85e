using System.Text;
using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Tests.Models.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class TokenizerFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_kind_follows_from_the_name()
    {
        Assert.IsType<WordPieceTokenizer>(TokenizerFiles.Open(WriteVocabulary("a/vocab.txt", 10)));
        Assert.IsType<SentencePieceTokenizer>(TokenizerFiles.Open(WriteModel("b/sentencepiece.bpe.model", 10)));
        Assert.IsType<WordPieceTokenizer>(TokenizerFiles.Open(_folder["a"]));
        Assert.IsType<SentencePieceTokenizer>(TokenizerFiles.Open(_folder["b"]));
    }

    [Fact]
    public void The_case_of_a_vocabulary_is_what_the_caller_says()
    {
        var path = WriteVocabulary("vocab.txt", 10);
        Assert.Equal([2, 1, 3], TokenizerFiles.Open(path).Encode("T5", 10).Ids);
        Assert.Equal([2, 5, 3], TokenizerFiles.Open(path, cased: false).Encode("T5", 10).Ids);
    }

    [Fact]
    public void A_file_of_another_kind_than_the_encoders_is_refused()
    {
        var (words, pieces) = (WriteVocabulary("vocab.txt", 10), WriteModel("x.model", 10));
        Assert.Equal([2, 1, 3], TokenizerFiles.Open(words, TokenizerKind.WordPieceCased).Encode("T5", 10).Ids);
        Assert.Equal([2, 5, 3], TokenizerFiles.Open(words, TokenizerKind.WordPieceUncased).Encode("T5", 10).Ids);
        Assert.IsType<SentencePieceTokenizer>(TokenizerFiles.Open(pieces, TokenizerKind.SentencePiece));
        Assert.Contains("*.model", Assert.Throws<LearningException>(() => TokenizerFiles.Open(words, TokenizerKind.SentencePiece)).Message);
        Assert.Contains("vocab.txt", Assert.Throws<LearningException>(() => TokenizerFiles.Open(pieces, TokenizerKind.WordPieceCased)).Message);
    }

    [Fact]
    public void What_is_not_there_or_not_a_tokenizer_is_named()
    {
        Assert.Contains("cannot be read", Assert.Throws<LearningException>(() => TokenizerFiles.Open(_folder["vocab.txt"])).Message);
        Assert.Contains("cannot be read", Assert.Throws<LearningException>(() => TokenizerFiles.Open(_folder["x.model"])).Message);
        Assert.Contains("not known as a tokenizer", Assert.Throws<LearningException>(() => TokenizerFiles.Open(_folder["tokenizer.bin"])).Message);
        Assert.Contains("holds no vocab.txt, 0 files", Assert.Throws<LearningException>(() => TokenizerFiles.Open(_folder.Path)).Message);
        WriteModel("1.model", 10);
        WriteModel("2.model", 10);
        Assert.Contains(", 2 files", Assert.Throws<LearningException>(() => TokenizerFiles.Open(_folder.Path)).Message);
    }

    [Theory]
    [InlineData(100, 100, true)]
    [InlineData(100, 135, true)] // rows that no token has, as in multilingual E5
    [InlineData(100, 99, false)]
    [InlineData(100, 400, false)]
    public void A_vocabulary_fits_embeddings_that_have_a_row_for_each_token_and_few_more(int tokens, int rows, bool fits)
    {
        var tokenizer = TokenizerFiles.Open(WriteVocabulary("vocab.txt", tokens));
        if (fits) TokenizerFiles.CheckVocabulary(tokenizer, rows);
        else Assert.Contains($"{tokens} tokens, and the weights have embeddings for {rows}",
            Assert.Throws<LearningException>(() => TokenizerFiles.CheckVocabulary(tokenizer, rows)).Message);
    }

    [Fact]
    public void A_tokenizer_that_pads_with_another_token_does_not_fit()
    {
        var words = TokenizerFiles.Open(WriteVocabulary("vocab.txt", SmallEncoders.Vocabulary));
        var pieces = TokenizerFiles.Open(WriteModel("x.model", SmallEncoders.Vocabulary));
        using var bert = SmallEncoders.Create("bert");
        using var roberta = SmallEncoders.Create("roberta");
        TokenizerFiles.CheckVocabulary(words, bert);
        TokenizerFiles.CheckVocabulary(pieces, roberta);
        Assert.Contains("pads with token 1", Assert.Throws<LearningException>(() => TokenizerFiles.CheckVocabulary(pieces, bert)).Message);
        Assert.Contains("pads with token 0", Assert.Throws<LearningException>(() => TokenizerFiles.CheckVocabulary(words, roberta)).Message);
    }

    public void Dispose() => _folder.Dispose();

    private string WriteVocabulary(string name, int size) => _folder.Write(name, Encoding.UTF8.GetBytes(string.Join(
        '\n', ((string[])["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]).Concat(Enumerable.Range(5, size - 5).Select(i => $"t{i}")))));

    // Of the tokens, four are special here that the file has three of, and the mask is not in it.
    private string WriteModel(string name, int size) =>
        _folder.Write(name, SentencePieceFile.Unigram([.. Enumerable.Range(0, size - 5).Select(i => ($"▁p{i}", -1f))]));
}
