using OrleansTransfer.Learning.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Data;

public sealed class ImageBatchStreamTests : IDisposable
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static readonly Preprocessing Small = Preprocessing.ImageNet.ForInputSize(28);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ImageSample> _samples = [];

    public ImageBatchStreamTests()
    {
        for (var i = 0; i < 22; i++)
        {
            _samples.Add(new($"{i % 2}/{i}.png", i % 2));
            _folder.WritePicture(_samples[^1].Path, 30 + i, 52 - i, seed: i);
        }
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Batches_do_not_depend_on_threads_or_prefetching()
    {
        using var one = Stream(new(1, 1));
        using var many = Stream(new(5, 4));
        for (var epoch = 0; epoch < 2; epoch++)
            for (var step = 0; step < one.StepsPerEpoch; step++) AssertSame(one.Take(epoch, step, Token), many.Take(epoch, step, Token));
    }

    [Fact]
    public void The_shares_of_the_ranks_are_the_batch_of_one_worker_bit_for_bit()
    {
        using var whole = Stream();
        var ranks = Enumerable.Range(0, 3).Select(rank => Stream(rank: rank, worldSize: 3)).ToList();
        for (var step = 0; step < whole.StepsPerEpoch; step++)
        {
            using var scope = NewDisposeScope();
            var shares = ranks.Select(rank => rank.Take(1, step, Token)).ToList();
            var batch = whole.Take(1, step, Token);
            Assert.All(shares, share => Assert.Equal(batch.Count, share.GlobalCount));
            AssertSame(batch, new(cat([.. shares.Select(share => share.Inputs)]), cat([.. shares.Select(share => share.Labels)]), batch.GlobalCount));
            shares.ForEach(share => share.Dispose());
        }
        ranks.ForEach(rank => rank.Dispose());
    }

    [Fact]
    public void A_run_resumes_in_the_middle_of_an_epoch()
    {
        using var first = Stream();
        for (var step = 0; step < 3; step++) first.Take(0, step, Token).Dispose();
        using var resumed = Stream();
        AssertSame(first.Take(0, 3, Token), resumed.Take(0, 3, Token));
        AssertSame(first.Take(2, 1, Token), resumed.Take(2, 1, Token));
        AssertSame(first.Take(2, 2, Token), resumed.Take(2, 2, Token));
    }

    [Fact]
    public void Labels_belong_to_their_pictures_and_pixels_are_normalised()
    {
        using var stream = new ImageBatchStream(_folder.Path, _samples, Small, AugmentKind.None, new(22, 22, 0, shuffle: false), 0, 1, 0);
        using var batch = stream.Take(0, 0, Token);
        Assert.Equal([22, 3, 28, 28], batch.Inputs.shape);
        Assert.Equal(_samples.Select(sample => (long)sample.Label), batch.Labels.data<long>().ToArray());
        var reader = new PictureReader(Small);
        var expected = new float[reader.Length];
        reader.Read(_folder[_samples[13].Path], "13", expected);
        using var picture = batch.Inputs[13];
        Assert.Equal(expected, picture.contiguous().data<float>().ToArray());
        Assert.InRange(expected.Min(), -2.2f, -1.5f);
        Assert.InRange(expected.Max(), 1.5f, 2.7f);
    }

    [Fact]
    public void Augmentation_changes_with_the_epoch_and_repeats_for_the_same()
    {
        using var stream = Stream(kind: AugmentKind.Standard, shuffle: false);
        using var again = Stream(kind: AugmentKind.Standard, shuffle: false);
        using var first = stream.Take(0, 0, Token);
        using var later = stream.Take(1, 0, Token);
        Assert.False(first.Inputs.Equals(later.Inputs));
        AssertSame(stream.Take(1, 1, Token), again.Take(1, 1, Token));
    }

    [Fact]
    public void Evaluation_reuses_what_was_decoded_ahead_whatever_the_epoch()
    {
        using var stream = new ImageBatchStream(_folder.Path, _samples, Small, AugmentKind.None, new(22, 8, 0, shuffle: false), 0, 1, 0);
        for (var step = 0; step < 3; step++) stream.Take(0, step, Token).Dispose();
        AssertSame(stream.Take(0, 0, Token), stream.Take(5, 0, Token));
    }

    [Fact]
    public void A_rank_without_samples_gets_an_empty_share()
    {
        using var stream = new ImageBatchStream(_folder.Path, _samples[..2], Small, AugmentKind.None, new(2, 2, 0, shuffle: false), 2, 3, 0);
        using var batch = stream.Take(0, 0, Token);
        Assert.Equal((0, 2), (batch.Count, batch.GlobalCount));
    }

    [Fact]
    public void A_picture_that_broke_since_the_scan_is_named()
    {
        _folder.Write(_samples[5].Path, "gone"u8);
        using var stream = new ImageBatchStream(_folder.Path, _samples, Small, AugmentKind.None, new(22, 4, 0, shuffle: false), 0, 1, 0);
        stream.Take(0, 0, Token).Dispose();
        Assert.Contains("'1/5.png'", Assert.Throws<LearningException>(() => stream.Take(0, 1, Token)).Message);
        stream.Take(0, 2, Token).Dispose();
    }

    [Fact]
    public void Waiting_ends_with_cancellation()
    {
        using var stream = Stream();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => stream.Take(0, 0, cancelled.Token));
    }

    [Fact]
    public void Batches_outlive_the_scope_in_which_they_were_taken()
    {
        using var stream = Stream();
        Batch batch;
        using (NewDisposeScope()) batch = stream.Take(0, 0, Token);
        Assert.False(batch.Inputs.IsInvalid || batch.Labels.IsInvalid);
        batch.Dispose();
    }

    private ImageBatchStream Stream(
        DecodingOptions? options = null, int rank = 0, int worldSize = 1, AugmentKind kind = AugmentKind.Standard, bool shuffle = true) =>

        new(_folder.Path, _samples, Small, kind, new(_samples.Count, 6, 11, shuffle), rank, worldSize, 17, options);

    private static void AssertSame(Batch expected, Batch actual)
    {
        using (expected)
        using (actual)
        {
            Assert.Equal(expected.Labels.data<long>().ToArray(), actual.Labels.data<long>().ToArray());
            Assert.Equal(expected.Inputs.bytes, actual.Inputs.bytes);
        }
    }
}
