using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace OrleansTransfer.Storage.Tests;

/// <summary>Grain state over any container.</summary>
public abstract class BlobGrainStorageConformance
{
    private static readonly GrainId Grain = GrainId.Create("experiment", "run-1");

    /// <summary>An empty container.</summary>
    protected abstract IBlobContainer Container { get; }

    private BlobGrainStorage Storage => field ??= new BlobGrainStorage(
        Container, new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<IActivatorProvider>());

    [Fact]
    public async Task Absent_state_reads_as_a_new_one_without_a_tag()
    {
        var state = new GrainState<Counter> { State = new Counter { Count = 7 }, ETag = "old", RecordExists = true };
        await Storage.ReadStateAsync("state", Grain, state);
        Assert.Equal((0, null, false), (state.State!.Count, state.ETag, state.RecordExists));
    }

    [Fact]
    public async Task Written_state_is_read_back()
    {
        var written = await WriteAsync(Grain, 1);
        written.State!.Count = 2;
        await Storage.WriteStateAsync("state", Grain, written);
        var read = await ReadAsync(Grain);
        Assert.Equal((2, written.ETag, true), (read.State!.Count, read.ETag, read.RecordExists));
    }

    [Fact]
    public async Task A_stale_tag_neither_writes_nor_clears()
    {
        await WriteAsync(Grain, 1);
        var stale = await ReadAsync(Grain);
        var current = await ReadAsync(Grain);
        await Storage.WriteStateAsync("state", Grain, current);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("state", Grain, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("state", Grain, stale));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("state", Grain, new GrainState<Counter>(new Counter())));
        Assert.Equal(current.ETag, (await ReadAsync(Grain)).ETag);
    }

    [Fact]
    public async Task Cleared_state_is_gone_and_can_be_written_anew()
    {
        var state = await WriteAsync(Grain, 1);
        await Storage.ClearStateAsync("state", Grain, state);
        Assert.Equal((0, null, false), (state.State!.Count, state.ETag, state.RecordExists));
        Assert.False((await ReadAsync(Grain)).RecordExists);
        await Storage.WriteStateAsync("state", Grain, state);
        Assert.True((await ReadAsync(Grain)).RecordExists);
    }

    [Fact]
    public async Task Of_concurrent_first_writers_one_wins()
    {
        var errors = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => Task.Run(async () => await Record.ExceptionAsync(() => WriteAsync(Grain, i)))));
        Assert.Single(errors, error => error is null);
        Assert.All(errors.OfType<Exception>(), error => Assert.IsType<InconsistentStateException>(error));
    }

    [Fact]
    public async Task Different_grains_never_share_a_state()
    {
        string[] keys = ["a", "a/b", "a%2Fb", "..", ".", "a.b", "a b", "ä", "a\\b", new string('x', 300), new string('x', 300) + "y"];
        for (var i = 0; i < keys.Length; i++)
            await WriteAsync(GrainId.Create("experiment", keys[i]), i);
        for (var i = 0; i < keys.Length; i++)
            Assert.Equal(i, (await ReadAsync(GrainId.Create("experiment", keys[i]))).State!.Count);
        var other = new GrainState<Counter>(new Counter());
        await Storage.ReadStateAsync("other", GrainId.Create("experiment", "a"), other);
        Assert.False(other.RecordExists);
    }

    private async Task<GrainState<Counter>> ReadAsync(GrainId grain)
    {
        var state = new GrainState<Counter>(new Counter());
        await Storage.ReadStateAsync("state", grain, state, TestContext.Current.CancellationToken);
        return state;
    }

    private async Task<GrainState<Counter>> WriteAsync(GrainId grain, int count)
    {
        var state = new GrainState<Counter>(new Counter { Count = count });
        await Storage.WriteStateAsync("state", grain, state, TestContext.Current.CancellationToken);
        return state;
    }

    public sealed class Counter
    {
        public int Count { get; set; }
    }
}
