namespace OrleansTransfer.Storage.Tests;

public sealed class EventLogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobContainer _container;

    public EventLogTests() => _container = new FolderBlobContainer(_folder.Path);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pieces_are_numbered_from_zero_and_read_from_any()
    {
        var log = new EventLog(_container, "run-1");
        Assert.Equal(0, await log.AppendAsync(["{\"a\":1}", "{\"a\":2}"], Cancellation));
        Assert.Equal(1, await log.AppendAsync(["{\"a\":3}"], Cancellation));
        Assert.Equal(2, await new EventLog(_container, "run-1").AppendAsync(["{\"a\":4}"], Cancellation));

        var pieces = await log.ReadAsync(0, Cancellation).ToListAsync(Cancellation);
        Assert.Equal([0, 1, 2], pieces.Select(piece => piece.Number));
        Assert.Equal(["{\"a\":1}", "{\"a\":2}"], pieces[0].Lines);
        Assert.Equal(2, Assert.Single(await log.ReadAsync(2, Cancellation).ToListAsync(Cancellation)).Number);
        Assert.Equal("{\"a\":3}\n", await File.ReadAllTextAsync(_folder["experiments/run-1/events/00000001.jsonl"], Cancellation));
    }

    [Fact]
    public async Task A_writer_who_lost_the_experiment_is_stopped_for_good()
    {
        var former = new EventLog(_container, "run-1");
        await former.AppendAsync(["{}"], Cancellation);
        await new EventLog(_container, "run-1").AppendAsync(["{\"owner\":2}"], Cancellation);
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAsync<BlobConflictException>(() => former.AppendAsync(["{}"], Cancellation));
        Assert.Equal(2, await former.ReadAsync(0, Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task Concurrent_appends_of_one_owner_all_arrive()
    {
        var log = new EventLog(_container, "run-1");
        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => log.AppendAsync([$"{i}"], Cancellation)));
        var lines = await log.ReadAsync(0, Cancellation).SelectMany(piece => piece.Lines).ToListAsync(Cancellation);
        Assert.Equal(Enumerable.Range(0, 10), lines.Select(int.Parse).Order());
    }

    [Fact]
    public async Task Only_lines_are_events()
    {
        var log = new EventLog(_container, "run-1");
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync([], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync(["{\n}"], Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => log.AppendAsync([""], Cancellation));
        Assert.Empty(await log.ReadAsync(0, Cancellation).ToListAsync(Cancellation));
    }
}
