using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Text;

public sealed class TextBatchStreamTests
{
    // Text i has the tokens i+1, i+2, ... up to i+1 of them.
    private static readonly TokenizedTexts s_texts = Texts(30, 20);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Texts_are_padded_to_the_longest_and_belong_to_their_labels()
    {
        using var stream = new TextBatchStream(s_texts, new(30, 10, 0, shuffle: false), 0, 1, 0);
        using var batch = stream.Take(0, 0, Token);
        Assert.Equal([10L, 16], batch.Inputs.shape);
        Assert.Equal((10, 10, 0, ScalarType.Int64), (batch.Count, batch.GlobalCount, batch.Offset, batch.Inputs.dtype));
        Assert.Equal([3L, 4, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], batch.Inputs[2].data<long>().ToArray());
        Assert.Equal([0L, 1, 0, 1, 0, 1, 0, 1, 0, 1], batch.Labels.data<long>().ToArray());
    }

    [Fact]
    public void Long_texts_are_cut_and_counted()
    {
        Assert.Equal((30, 10, 20, 1), (s_texts.Samples, s_texts.Truncated, s_texts.Lengths.Max(), s_texts.MaximumLength - 19));
        using var stream = new TextBatchStream(s_texts, new(30, 10, 0, shuffle: false), 0, 1, 0);
        using var batch = stream.Take(0, 2, Token);
        Assert.Equal([10L, 20], batch.Inputs.shape);
        Assert.Equal(Enumerable.Range(30, 20).Select(id => (long)id), batch.Inputs[9].data<long>().ToArray()[..20]);
    }

    [Fact]
    public void A_text_of_a_hundred_thousand_characters_is_read_as_far_as_it_is_kept()
    {
        var read = 0;
        var texts = TokenizedTexts.Of([new(new string('x', 100_000), 0, 1)], text => text.Select(_ => ++read), 64);
        Assert.Equal((1, 64, 65), (texts.Truncated, texts.Tokens[0].Length, read));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void The_shares_of_the_ranks_are_the_batch_of_one_worker(int worldSize)
    {
        var plan = new BatchPlan(30, 8, 5, shuffle: true, s_texts.Lengths);
        using var whole = new TextBatchStream(s_texts, plan, 0, 1, 9, 0.3);
        var ranks = Enumerable.Range(0, worldSize).Select(rank => new TextBatchStream(s_texts, plan, rank, worldSize, 9, 0.3)).ToList();
        for (var step = 0; step < whole.StepsPerEpoch; step++)
        {
            using var scope = NewDisposeScope();
            var shares = ranks.Select(rank => rank.Take(2, step, Token)).ToList();
            using var batch = whole.Take(2, step, Token);
            Assert.Equal(batch.Inputs.bytes, cat([.. shares.Select(share => share.Inputs)]).bytes);
            Assert.Equal(batch.Labels.bytes, cat([.. shares.Select(share => share.Labels)]).bytes);
            Assert.Equal(shares.Select(share => share.Offset), shares.Select((_, rank) => shares.Take(rank).Sum(share => share.Count)));
            shares.ForEach(share => share.Dispose());
        }
    }

    [Fact]
    public void Word_dropout_leaves_words_out_in_order_and_differs_by_epoch()
    {
        using var stream = new TextBatchStream(s_texts, new(30, 30, 0, shuffle: false), 0, 1, 7, 0.25);
        using var first = stream.Take(0, 0, Token);
        using var again = stream.Take(0, 0, Token);
        using var later = stream.Take(1, 0, Token);
        Assert.Equal(first.Inputs.bytes, again.Inputs.bytes);
        Assert.False(first.Inputs.Equals(later.Inputs));
        var kept = 0;
        for (var i = 0; i < 30; i++)
        {
            using var row = first.Inputs[i];
            var tokens = row.data<long>().ToArray().TakeWhile(token => token != 0).ToList();
            Assert.NotEmpty(tokens);
            Assert.Equal(tokens, s_texts.Tokens[i].Select(token => (long)token).Where(tokens.Contains));
            kept += tokens.Count;
        }
        Assert.InRange(kept / (double)s_texts.Lengths.Sum(), 0.68, 0.82);
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextBatchStream(s_texts, new(30, 30, 0, false), 0, 1, 7, 1));
    }

    [Fact]
    public void Texts_of_an_encoder_keep_their_frame_and_are_padded_with_its_token()
    {
        var texts = TokenizedTexts.Of([new("4 5 6 7 8 9 4 5 6 7", 0, 1), new("", 1, 2), new("5 6", 0, 3)], new Digits(), "9 ", 8);
        Assert.Equal([[0, 9, 4, 5, 6, 7, 8, 2], [0, 9, 2], [0, 9, 5, 6, 2]], texts.Tokens);
        Assert.Equal((1, 0, 1, true), (texts.Truncated, texts.Empty, texts.PaddingToken, texts.HasFrame));
        using var stream = new TextBatchStream(texts, new(3, 3, 0, shuffle: false), 0, 1, 7, 0.6);
        for (var epoch = 0; epoch < 20; epoch++)
        {
            using var batch = stream.Take(epoch, 0, Token);
            Assert.Equal([3L, 8], batch.Inputs.shape);
            for (var i = 0; i < 3; i++)
            {
                using var row = batch.Inputs[i];
                var tokens = row.data<long>().ToArray().TakeWhile(token => token != 1).ToList();
                Assert.Equal((0, 2), (tokens[0], tokens[^1]));
                Assert.True(tokens.Count > 2, "A text lost every word.");
                Assert.All(row.data<long>().ToArray()[tokens.Count..], token => Assert.Equal(1, token));
            }
        }
    }

    [Fact]
    public void A_batch_is_never_longer_than_its_texts_may_be()
    {
        var texts = TokenizedTexts.Of([new("4 5 6 7 8 9", 0, 1), new("4", 1, 2)], new Digits(), "", 6);
        using var stream = new TextBatchStream(texts, new(2, 2, 0, shuffle: false), 0, 1, 0);
        using var batch = stream.Take(0, 0, Token);
        Assert.Equal([2L, 6], batch.Inputs.shape);
    }

    [Fact]
    public void A_plan_by_length_has_batches_of_like_texts()
    {
        var plan = new BatchPlan(30, 5, 3, shuffle: true).ByLength(s_texts.Lengths);
        Assert.Equal(6, plan.StepsPerEpoch);
        for (var step = 0; step < 6; step++)
        {
            var lengths = plan.Global(1, step).Select(index => s_texts.Lengths[index]).ToList();
            Assert.InRange(lengths.Max() - lengths.Min(), 0, 5);
        }
    }

    [Fact]
    public void Empty_texts_and_empty_shares_are_batches_too()
    {
        var texts = TokenizedTexts.Of([new("a", 0, 1), new("b", 1, 2)], _ => [], 8);
        Assert.Equal(2, texts.Empty);
        using var stream = new TextBatchStream(texts, new(2, 2, 0, false), 0, 1, 0, 0.5);
        using var batch = stream.Take(0, 0, Token);
        Assert.Equal([2L, 8], batch.Inputs.shape);
        using var none = new TextBatchStream(texts, new(2, 2, 0, false), 2, 3, 0).Take(0, 0, Token);
        Assert.Equal((0, 2, 8L), (none.Count, none.GlobalCount, none.Inputs.shape[1]));
    }

    [Fact]
    public void Batches_outlive_the_scope_in_which_they_were_taken()
    {
        using var stream = new TextBatchStream(s_texts, new(30, 10, 0, shuffle: false), 0, 1, 0);
        Batch batch;
        using (NewDisposeScope()) batch = stream.Take(0, 0, Token);
        Assert.False(batch.Inputs.IsInvalid || batch.Labels.IsInvalid);
        batch.Dispose();
    }

    [Fact]
    public void Waiting_ends_with_cancellation()
    {
        using var stream = new TextBatchStream(s_texts, new(30, 10, 0, shuffle: false), 0, 1, 0);
        Assert.Throws<OperationCanceledException>(() => stream.Take(0, 0, new CancellationToken(canceled: true)));
    }

    private sealed class Digits : ITextTokenizer
    {
        public int PaddingToken => 1;

        public int VocabularySize => 10;

        public EncodedText Encode(string text, int maximumLength) => EncodedText.Between(
            0, [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)], 2, maximumLength);
    }

    private static TokenizedTexts Texts(int count, int maximumLength) => TokenizedTexts.Of(
        [.. Enumerable.Range(0, count).Select(i => new TextSample($"{i}", i % 2, i))],
        text => Enumerable.Range(int.Parse(text) + 1, int.Parse(text) + 1), maximumLength);
}
