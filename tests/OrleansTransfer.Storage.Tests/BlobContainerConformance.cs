using System.Globalization;
using System.Security.Cryptography;

namespace OrleansTransfer.Storage.Tests;

/// <summary>What every container promises.</summary>
public abstract class BlobContainerConformance
{
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An empty container.</summary>
    protected abstract IBlobContainer Container { get; }

    [Fact]
    public async Task A_missing_blob_reads_as_null()
    {
        Assert.Null(await Container.ReadAsync("a/b", Cancellation));
        Assert.Null(await Container.OpenReadAsync("a/b", Cancellation));
        Assert.Null(await Container.MaterializeAsync("a/b", Path.GetTempPath(), Cancellation));
        Assert.False(await Container.DeleteAsync("a/b", BlobCondition.None, Cancellation));
        Assert.Empty(await ListAsync(""));
    }

    [Theory]
    [InlineData("simple")]
    [InlineData("deeply/nested/name.json")]
    [InlineData(".hidden/.file")]
    [InlineData("odd/a b%20c#d?e&f+g=h'ü€")]
    public async Task What_was_written_is_read_by_every_way(string name)
    {
        using var cache = new TemporaryFolder();
        var tag = await WriteAsync(name, "content", BlobCondition.None);

        var (content, readTag) = (await Container.ReadAsync(name, Cancellation)).GetValueOrDefault();
        Assert.Equal("content", content.ToString());
        Assert.Equal(tag, readTag);
        using (var stream = new StreamReader((await Container.OpenReadAsync(name, Cancellation))!))
            Assert.Equal("content", await stream.ReadToEndAsync(Cancellation));
        var path = await Container.MaterializeAsync(name, cache.Path, Cancellation);
        Assert.Equal("content", await File.ReadAllTextAsync(path!, Cancellation));
        var entry = Assert.Single(await ListAsync(""));
        Assert.Equal((name, 7, tag), (entry.Name, entry.Length, entry.ETag));
        Assert.InRange(entry.Modified, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
    }

    [Fact]
    public async Task An_empty_blob_exists()
    {
        await WriteAsync("empty", "", BlobCondition.IfNew);
        Assert.Equal("", await TextAsync("empty"));
        Assert.Equal(0, Assert.Single(await ListAsync("")).Length);
    }

    [Fact]
    public async Task Overwriting_changes_the_tag_even_for_equal_lengths_in_quick_succession()
    {
        var tags = new List<string>();
        for (var i = 0; i < 10; i++)
            tags.Add(await WriteAsync("a", $"{i % 2}", BlobCondition.None));
        Assert.Equal("1", await TextAsync("a"));
        Assert.Equal(tags.Count, tags.Distinct().Count());
        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "x", BlobCondition.IfMatch(tags[^3])));
    }

    [Fact]
    public async Task A_blob_that_must_be_new_is_written_once()
    {
        await WriteAsync("a", "first", BlobCondition.IfNew);
        var conflict = await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "second", BlobCondition.IfNew));
        Assert.Equal("a", conflict.Name);
        Assert.Equal("first", await TextAsync("a"));
    }

    [Fact]
    public async Task A_write_needs_the_current_tag()
    {
        var first = await WriteAsync("a", "1", BlobCondition.None);
        var second = await WriteAsync("a", "2", BlobCondition.IfMatch(first));
        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "3", BlobCondition.IfMatch(first)));
        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("missing", "3", BlobCondition.IfMatch(first)));
        Assert.Equal("2", await TextAsync("a"));
        await WriteAsync("a", "4", BlobCondition.IfMatch(second));
        Assert.Equal("4", await TextAsync("a"));
    }

    [Fact]
    public async Task A_delete_needs_the_current_tag()
    {
        var first = await WriteAsync("x/a", "1", BlobCondition.None);
        var second = await WriteAsync("x/a", "2", BlobCondition.None);
        await Assert.ThrowsAsync<BlobConflictException>(() => Container.DeleteAsync("x/a", BlobCondition.IfMatch(first), Cancellation));
        Assert.True(await Container.DeleteAsync("x/a", BlobCondition.IfMatch(second), Cancellation));
        Assert.False(await Container.DeleteAsync("x/a", BlobCondition.IfMatch(second), Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Container.DeleteAsync("x/a", BlobCondition.IfNew, Cancellation));
        var again = await WriteAsync("x/a", "1", BlobCondition.IfNew);
        Assert.DoesNotContain(again, (string[])[first, second]);
    }

    [Fact]
    public async Task Listing_is_ordinal_and_limited_to_the_prefix()
    {
        string[] names = ["B", "a", "a-b", "a.b/c", "a/b", "a/c/d", "a/c1", "a0", "b/x", "é"];
        foreach (var name in names.Reverse())
            await WriteAsync(name, name, BlobCondition.None);

        Assert.Equal(names.Where(name => name != "a" || CanNestUnderBlobs), (await ListAsync("")).Select(entry => entry.Name));
        Assert.Equal(["a/b", "a/c/d", "a/c1"], (await ListAsync("a/")).Select(entry => entry.Name));
        Assert.Equal(["a/c/d", "a/c1"], (await ListAsync("a/c")).Select(entry => entry.Name));
        Assert.Empty(await ListAsync("c/"));
    }

    [Fact]
    public async Task A_large_blob_survives_the_round_trip()
    {
        using var cache = new TemporaryFolder();
        var bytes = new byte[20 << 20];
        new Random(1).NextBytes(bytes);
        var expected = Convert.ToHexStringLower(SHA256.HashData(bytes));

        await Container.WriteAsync("large", new MemoryStream(bytes), BlobCondition.IfNew, Cancellation);

        await using (var stream = (await Container.OpenReadAsync("large", Cancellation))!)
            Assert.Equal(expected, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, Cancellation)));
        var path = (await Container.MaterializeAsync("large", cache.Path, Cancellation))!;
        Assert.Equal(expected, Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, Cancellation))));
        Assert.Equal(path, await Container.MaterializeAsync("large", cache.Path, Cancellation));
        await Assert.ThrowsAsync<BlobConflictException>(
            () => Container.WriteAsync("large", new MemoryStream(bytes), BlobCondition.IfNew, Cancellation));
    }

    [Fact]
    public async Task Materializing_follows_the_content()
    {
        using var cache = new TemporaryFolder();
        foreach (var content in (string[])["one", "two"])
        {
            await WriteAsync("a", content, BlobCondition.None);
            Assert.Equal(content, await File.ReadAllTextAsync((await Container.MaterializeAsync("a", cache.Path, Cancellation))!, Cancellation));
        }
    }

    [Fact]
    public async Task Concurrent_conditional_increments_lose_nothing() => await IncrementTogetherAsync(_ => Container, tasks: 8, each: 10);

    [Theory]
    [InlineData(10)]
    [InlineData(20 << 20)]
    public async Task A_cancelled_write_keeps_the_old_content(int bytesBefore)
    {
        await WriteAsync("a", "old", BlobCondition.None);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var source = new FailingStream(bytesBefore, cancel.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Container.WriteAsync("a", source, BlobCondition.None, cancel.Token));
        Assert.Equal("old", await TextAsync("a"));
        Assert.Single(await ListAsync(""));
    }

    [Theory]
    [InlineData(10)]
    [InlineData(20 << 20)]
    public async Task A_failing_source_keeps_the_old_content_and_its_own_error(int bytesBefore)
    {
        await WriteAsync("a", "old", BlobCondition.None);
        var source = new FailingStream(bytesBefore, () => throw new IOException("the source broke"));
        var error = await Assert.ThrowsAsync<IOException>(() => Container.WriteAsync("a", source, BlobCondition.None, Cancellation));
        Assert.Equal("the source broke", error.Message);
        Assert.Equal("old", await TextAsync("a"));
        Assert.Single(await ListAsync(""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData(".")]
    [InlineData("../a")]
    [InlineData("a/./b")]
    [InlineData("a/../b")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a./b")]
    [InlineData(".store/locks/00")]
    public async Task An_invalid_name_is_refused(string name)
    {
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Container.ReadAsync(name, Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Container.OpenReadAsync(name, Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => WriteAsync(name, "x", BlobCondition.None));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Container.DeleteAsync(name, BlobCondition.None, Cancellation));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Container.MaterializeAsync(name, Path.GetTempPath(), Cancellation));
    }

    [Fact]
    public async Task A_prefix_cannot_leave_the_container() => await Assert.ThrowsAnyAsync<ArgumentException>(() => ListAsync("../"));

    /// <summary>Whether "a" and "a/b" can both be blobs.</summary>
    protected abstract bool CanNestUnderBlobs { get; }

    protected Task<string> WriteAsync(string name, string content, BlobCondition condition)
    {
        if (name == "a" && content == "a" && !CanNestUnderBlobs)
            return Task.FromResult("");
        return Container.WriteAsync(name, BinaryData.FromString(content).ToStream(), condition, Cancellation);
    }

    protected async Task<string?> TextAsync(string name) => (await Container.ReadAsync(name, Cancellation))?.Content.ToString();

    protected async Task<List<BlobEntry>> ListAsync(string prefix) => await Container.ListAsync(prefix, Cancellation).ToListAsync(Cancellation);

    protected static async Task IncrementTogetherAsync(Func<int, IBlobContainer> containerOf, int tasks, int each)
    {
        await Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(async () =>
        {
            for (var done = 0; done < each;)
            {
                var container = containerOf(task);
                var found = await container.ReadAsync("count", Cancellation);
                var next = found is { } old ? int.Parse(old.Content.ToString(), CultureInfo.InvariantCulture) + 1 : 1;
                try
                {
                    var condition = found is { } current ? BlobCondition.IfMatch(current.ETag) : BlobCondition.IfNew;
                    await container.WriteAsync("count", BinaryData.FromString($"{next}").ToStream(), condition, Cancellation);
                    done++;
                }
                catch (BlobConflictException)
                {
                    // Someone else was first: read again.
                }
            }
        })));
        Assert.Equal($"{tasks * each}", (await containerOf(0).ReadAsync("count", Cancellation))?.Content.ToString());
    }
}
