using System.Diagnostics.Metrics;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cluster.Tests.Hosting;

public sealed class WatchedContainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-watched-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_failed_operation_counts_under_its_name()
    {
        var container = new WatchedContainer(new BrokenContainer());
        using var content = new MemoryStream();
        var before = Counted();

        await Assert.ThrowsAsync<IOException>(() => container.OpenReadAsync("a", Token));
        await Assert.ThrowsAsync<IOException>(() => container.ReadAsync("a", Token));
        await Assert.ThrowsAsync<IOException>(() => container.WriteAsync("a", content, BlobCondition.None, Token));
        await Assert.ThrowsAsync<IOException>(() => container.DeleteAsync("a", BlobCondition.None, Token));
        await Assert.ThrowsAsync<IOException>(() => container.MaterializeAsync("a", "b", Token));
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var _ in container.ListAsync("a", Token))
            {
            }
        });

        var counted = Counted().ToDictionary(entry => entry.Key, entry => entry.Value - before[entry.Key]);
        Assert.Equal(new Dictionary<string, long> { ["read"] = 2, ["write"] = 1, ["delete"] = 1, ["download"] = 1, ["list"] = 1 }, counted);
    }

    [Fact]
    public async Task Answers_are_passed_on_and_a_condition_that_does_not_hold_is_one()
    {
        var container = new WatchedContainer(new FolderBlobContainer(_folder));
        using MemoryStream first = new([1]), second = new([2]);
        var before = Counted();

        var tag = await container.WriteAsync("a", first, BlobCondition.IfNew, Token);
        await Assert.ThrowsAsync<BlobConflictException>(() => container.WriteAsync("a", second, BlobCondition.IfNew, Token));
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => container.WriteAsync("b", second, BlobCondition.None, cancelled.Token));

        Assert.Equal(tag, (await container.ReadAsync("a", Token))!.Value.ETag);
        Assert.Equal(["a"], await container.ListAsync("", Token).Select(blob => blob.Name).ToListAsync(Token));
        Assert.Equal(before, Counted());
    }

    private static Dictionary<string, long> Counted()
    {
        var counts = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "orleanstransfer_blob_errors") self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => counts[(string)tags[0].Value!] = value);
        listener.Start();
        Instruments.SetDeviceMemory("cpu", 0);
        listener.RecordObservableInstruments();
        return counts;
    }

    private sealed class BrokenContainer : IBlobContainer
    {
        public string Description => "broken";

        public Task<Stream?> OpenReadAsync(string name, CancellationToken cancellationToken) => Task.FromException<Stream?>(new IOException());

        public Task<(BinaryData Content, string ETag)?> ReadAsync(string name, CancellationToken cancellationToken) =>
            Task.FromException<(BinaryData Content, string ETag)?>(new IOException());

        public Task<string> WriteAsync(string name, Stream content, BlobCondition condition, CancellationToken cancellationToken) =>
            Task.FromException<string>(new IOException());

        public Task<bool> DeleteAsync(string name, BlobCondition condition, CancellationToken cancellationToken) =>
            Task.FromException<bool>(new IOException());

        public IAsyncEnumerable<BlobEntry> ListAsync(string prefix, CancellationToken cancellationToken) =>
            new[] { prefix }.ToAsyncEnumerable().Select<string, BlobEntry>(_ => throw new IOException());

        public Task<string?> MaterializeAsync(string name, string cacheFolder, CancellationToken cancellationToken) =>
            Task.FromException<string?>(new IOException());
    }
}
