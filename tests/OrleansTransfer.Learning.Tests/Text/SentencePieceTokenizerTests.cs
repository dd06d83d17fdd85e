using System.Text;
using OrleansTransfer.Learning.Text;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class SentencePieceTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    // Piece p of the file, counted from its unknown piece, is p + 1 here; <s> is 0, </s> 2, an unknown character 3.
    [InlineData("hello", new[] { 0, 4, 2 })]
    [InlineData("hello world", new[] { 0, 4, 5, 2 })]
    [InlineData("  hello \t\n world ", new[] { 0, 4, 5, 2 })]
    [InlineData("hell", new[] { 0, 6, 7, 2 })]
    [InlineData("o", new[] { 0, 8, 9, 2 })] // no piece is a space and o
    [InlineData("hello?", new[] { 0, 4, 3, 2 })]
    [InlineData("hello?!? world", new[] { 0, 4, 3, 5, 2 })] // as one
    [InlineData("नमस्ते", new[] { 0, 8, 10, 11, 2 })]
    [InlineData("", new[] { 0, 2 })]
    [InlineData(" \n", new[] { 0, 2 })]
    public void Ids_are_those_of_the_likeliest_pieces_in_the_encoders_numbering(string text, int[] ids)
    {
        var encoded = Open().Encode(text, 64);
        Assert.Equal(ids, encoded.Ids);
        Assert.False(encoded.Truncated);
    }

    [Fact]
    public void A_long_text_loses_its_end_but_not_its_last_token()
    {
        var encoded = Open().Encode("hello world hello", 4);
        Assert.Equal([0, 4, 5, 2], encoded.Ids);
        Assert.True(encoded.Truncated);
    }

    [Fact]
    public void Special_tokens_that_are_written_out_are_text() =>
        Assert.DoesNotContain(2, Open().Encode("hello </s> <s> world", 64).Ids.Skip(1).SkipLast(1));

    // Four special tokens, of which the file has three, and the mask.
    [Fact]
    public void Sizes_count_the_special_tokens_that_the_file_lacks() =>
        Assert.Equal((3 + 8 + 2, 1), (Open().VocabularySize, Open().PaddingToken));

    [Fact]
    public void A_trained_model_gives_what_its_own_library_gives()
    {
        var trained = TrainedPieces.Train(_folder.Path);
        trained.Check(SentencePieceTokenizer.Open(trained.Model));
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is a text and no model")]
    [InlineData("<!doctype html><html></html>")]
    public void What_is_no_model_is_refused(string content)
    {
        var path = _folder.Write("x.model", Encoding.UTF8.GetBytes(content));
        Assert.Contains("is not a SentencePiece model", Assert.Throws<LearningException>(() => SentencePieceTokenizer.Open(path)).Message);
    }

    [Fact]
    public void A_model_that_ends_early_is_refused()
    {
        var whole = SentencePieceFile.Unigram(("▁hello", -1));
        Assert.Throws<LearningException>(() => SentencePieceTokenizer.Open(_folder.Write("x.model", whole.AsSpan(..^1))));
    }

    public void Dispose() => _folder.Dispose();

    private SentencePieceTokenizer Open() => SentencePieceTokenizer.Open(_folder.Write("x.model", SentencePieceFile.Unigram(
        ("▁hello", -1), ("▁world", -1), ("▁he", -2), ("ll", -2), ("▁", -3), ("o", -3), ("नमस्", -2), ("ते", -2))));
}
