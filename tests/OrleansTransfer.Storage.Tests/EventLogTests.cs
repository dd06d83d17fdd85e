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
    public async Task A_long_history_is_read_by_chapters_and_goes_on_after_them()
    {
        const int pieces = 2 * EventLog.ChapterLength + 5;
        var log = Chaptered();
        for (var number = 0; number < pieces; number++) await log.AppendAsync([$"{2 * number}", $"{2 * number + 1}"], Cancellation);
        var chapters = Directory.GetFiles(_folder["sweeps/s/chapters"]).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(2, chapters.Count);

        await AssertReadAsync(pieces);

        // One that was to be written by somebody who died before is written by the next who appends, and by no reader.
        File.Delete(chapters[1]);
        await AssertReadAsync(pieces);
        Assert.False(File.Exists(chapters[1]));
        var next = Chaptered();
        await next.ReadOnAsync(0, Cancellation).CountAsync(Cancellation);
        await next.AppendAsync([$"{2 * pieces}", $"{2 * pieces + 1}"], Cancellation);
        Assert.True(File.Exists(chapters[1]));

        // The pieces in a chapter are not looked at any more.
        foreach (var file in Directory.GetFiles(_folder["sweeps/s/ledger"]).Order(StringComparer.Ordinal).Take(2 * EventLog.ChapterLength)) File.Delete(file);
        await AssertReadAsync(pieces + 1);

        var reader = Chaptered();
        await reader.ReadOnAsync(0, Cancellation).CountAsync(Cancellation);
        Assert.Equal(pieces + 1, await reader.AppendAsync(["x"], Cancellation));
    }

    [Fact]
    public async Task What_was_appended_counts_although_the_chapter_it_completes_cannot_be_written_yet()
    {
        // A file where the folder of the chapters belongs.
        var chapters = _folder["sweeps/s/chapters"];
        Directory.CreateDirectory(Path.GetDirectoryName(chapters)!);
        await File.WriteAllTextAsync(chapters, "in the way", Cancellation);
        var log = Chaptered();
        for (var number = 0; number < EventLog.ChapterLength + 2; number++)
            Assert.Equal(number, await log.AppendAsync([$"{2 * number}", $"{2 * number + 1}"], Cancellation));

        File.Delete(chapters);
        await log.AppendAsync([$"{2 * EventLog.ChapterLength + 4}", $"{2 * EventLog.ChapterLength + 5}"], Cancellation);
        Assert.Single(Directory.GetFiles(chapters));
        await AssertReadAsync(EventLog.ChapterLength + 3);
    }

    private EventLog Chaptered() => new(_container, "s", BlobLayout.Ledger, BlobLayout.LedgerChapter);

    private async Task AssertReadAsync(int pieces) => Assert.Equal(
        Enumerable.Range(0, 2 * pieces),
        (await Chaptered().ReadOnAsync(0, Cancellation).SelectMany(piece => piece.Lines).ToListAsync(Cancellation)).Select(int.Parse));

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
