namespace OrleansTransfer.Storage.Tests;

public sealed class FolderBlobContainerTests : BlobContainerConformance, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FolderBlobContainerTests() => Container = new FolderBlobContainer(_folder["store"]);

    protected override IBlobContainer Container { get; }

    protected override bool CanNestUnderBlobs => false;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_containers_over_one_folder_lose_no_increment()
    {
        IBlobContainer[] containers = [Container, new FolderBlobContainer(_folder["store"])];
        await IncrementTogetherAsync(task => containers[task % 2], tasks: 8, each: 25);
    }

    [Fact]
    public async Task Streams_seek_and_keep_the_content_they_opened()
    {
        await WriteAsync("a", "before", BlobCondition.None);
        await using var stream = (await Container.OpenReadAsync("a", Cancellation))!;
        await WriteAsync("a", "after!", BlobCondition.None);
        Assert.True(stream.CanSeek);
        stream.Position = 3;
        using var reader = new StreamReader(stream);
        Assert.Equal("ore", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task Materializing_copies_nothing()
    {
        await WriteAsync("x/a", "1", BlobCondition.None);
        Assert.Equal(Path.Combine(_folder["store"], "x", "a"), await Container.MaterializeAsync("x/a", _folder["cache"], Cancellation));
        Assert.False(Directory.Exists(_folder["cache"]));
    }

    [Fact]
    public async Task Deleting_the_last_blob_removes_its_folders()
    {
        await WriteAsync("x/y/a", "1", BlobCondition.None);
        await WriteAsync("x/b", "1", BlobCondition.None);
        await Container.DeleteAsync("x/y/a", BlobCondition.None, Cancellation);
        Assert.False(Directory.Exists(Path.Combine(_folder["store"], "x", "y")));
        Assert.Equal("1", await TextAsync("x/b"));
    }

    [Fact]
    public async Task Writing_and_deleting_in_one_folder_at_once_never_fails()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(task => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await WriteAsync($"x/y/{task}", "1", BlobCondition.IfNew);
                await ListAsync("x/");
                Assert.True(await Container.DeleteAsync($"x/y/{task}", BlobCondition.None, Cancellation));
            }
        })));
        Assert.Empty(await ListAsync(""));
    }

    [Fact]
    public async Task Leftovers_of_dead_writers_are_not_listed_and_go_away_while_live_ones_stay()
    {
        var temporary = Directory.CreateDirectory(Path.Combine(_folder["store"], ".store", "temporary")).FullName;
        string[] names = ["dead", "recent", "live"];
        foreach (var name in names)
            await File.WriteAllTextAsync(Path.Combine(temporary, name), "half", Cancellation);
        await using var live = new FileStream(Path.Combine(temporary, "live"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        foreach (var name in (string[])["dead", "live"])
            File.SetLastWriteTimeUtc(Path.Combine(temporary, name), DateTime.UtcNow.AddHours(-2));
        Assert.Empty(await ListAsync(""));

        await WriteAsync("a", "1", BlobCondition.None);

        Assert.Equal(["live", "recent"], Directory.GetFiles(temporary).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task An_edit_by_hand_changes_the_tag()
    {
        var tag = await WriteAsync("a", "1", BlobCondition.None);
        await File.WriteAllTextAsync(Path.Combine(_folder["store"], "a"), "2", Cancellation);
        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync("a", "3", BlobCondition.IfMatch(tag)));
    }

    [Fact]
    public async Task A_tag_is_never_used_again_although_the_clock_was_set_back()
    {
        var path = Path.Combine(_folder["store"], "a");
        await WriteAsync("a", "1", BlobCondition.None);
        var ahead = DateTime.UtcNow.AddDays(1);
        File.SetLastWriteTimeUtc(path, ahead);
        await WriteAsync("a", "2", BlobCondition.None);
        var second = File.GetLastWriteTimeUtc(path);
        await Container.DeleteAsync("a", BlobCondition.None, Cancellation);
        await WriteAsync("a", "3", BlobCondition.None);
        Assert.True(second > ahead);
        Assert.True(File.GetLastWriteTimeUtc(path) > second);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named()
    {
        await File.WriteAllTextAsync(_folder["file"], "", Cancellation);
        var container = new FolderBlobContainer(_folder["file"]);
        var error = await Assert.ThrowsAnyAsync<IOException>(() => container.WriteAsync("a", new MemoryStream(), BlobCondition.None, Cancellation));
        Assert.Contains($"The folder '{_folder["file"]}' cannot be used", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_blob_cannot_also_be_a_folder()
    {
        await WriteAsync("x/b", "1", BlobCondition.None);
        await Assert.ThrowsAsync<IOException>(() => WriteAsync("x", "1", BlobCondition.None));
        Assert.Null(await Container.ReadAsync("x", Cancellation));
        await Assert.ThrowsAsync<IOException>(() => WriteAsync("x/b/c", "1", BlobCondition.None));
        Assert.Null(await Container.ReadAsync("x/b/c", Cancellation));
    }
}
