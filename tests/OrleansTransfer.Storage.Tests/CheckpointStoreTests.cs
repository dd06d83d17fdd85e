using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace OrleansTransfer.Storage.Tests;

public sealed class CheckpointStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FolderBlobContainer _container;
    private readonly FakeTimeProvider _time = new();
    private readonly CheckpointStore _store;

    public CheckpointStoreTests()
    {
        _container = new FolderBlobContainer(_folder.Path);
        _store = new CheckpointStore(_container, "run-1", _time);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_checkpoints_nothing_is_found()
    {
        var search = await _store.FindNewestAsync(CheckpointCheck.Content, Cancellation);
        Assert.Null(search.Newest);
        Assert.Empty(search.Skipped);
        Assert.Equal(0, await _store.PruneAsync(1, Cancellation));
    }

    [Fact]
    public async Task The_newest_is_found_with_its_position_and_files()
    {
        await WriteAsync(100);
        var written = await WriteAsync(200);

        var newest = (await _store.FindNewestAsync(CheckpointCheck.Content, Cancellation)).Newest!;

        Assert.Equal((200, "a", "run-1"), (newest.Step, newest.Attempt, newest.Experiment));
        Assert.Equal(3, newest.Position.GetProperty("epoch").GetInt32());
        Assert.Equal(written.Files, newest.Files);
        Assert.Equal(_time.GetUtcNow(), newest.Created);
        using var reader = new StreamReader(await _store.OpenAsync(newest, "model.safetensors", Cancellation));
        Assert.Equal("model of 200", await reader.ReadToEndAsync(Cancellation));
        var path = await _store.MaterializeAsync(newest, "optimizer.safetensors", _folder["cache"], Cancellation);
        Assert.Equal("optimizer of 200", await File.ReadAllTextAsync(path, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.OpenAsync(newest, "other", Cancellation));
    }

    [Fact]
    public async Task An_interrupted_write_is_not_found()
    {
        await WriteAsync(100);
        await InterruptAsync(200);
        var search = await _store.FindNewestAsync(CheckpointCheck.Sizes, Cancellation);
        Assert.Equal(100, search.Newest?.Step);
        Assert.Empty(search.Skipped);
        await WriteAsync(200);
        Assert.Equal(200, (await _store.FindNewestAsync(CheckpointCheck.Content, Cancellation)).Newest?.Step);
    }

    [Theory]
    [InlineData(CheckpointCheck.Sizes)]
    [InlineData(CheckpointCheck.Content)]
    public async Task A_truncated_file_falls_back_and_says_why(CheckpointCheck check)
    {
        await WriteAsync(100);
        var damaged = await WriteAsync(200);
        await File.WriteAllTextAsync(FileOf(200, "model.safetensors"), "model", Cancellation);

        var search = await _store.FindNewestAsync(check, Cancellation);

        Assert.Equal(100, search.Newest?.Step);
        var skipped = Assert.Single(search.Skipped);
        Assert.Equal("experiments/run-1/checkpoints/00000200-a/", skipped.Name);
        Assert.Equal("Its file 'model.safetensors' has 5 bytes, where 12 were written.", skipped.Reason);
        await AssertCorruptAsync(damaged, "it has 5 bytes, where 12 were written");
    }

    [Fact]
    public async Task A_flipped_bit_is_detected_by_every_reading()
    {
        await WriteAsync(100);
        var damaged = await WriteAsync(200);
        await File.WriteAllTextAsync(FileOf(200, "model.safetensors"), "model of 300", Cancellation);

        await AssertCorruptAsync(damaged, "its SHA-256 is ");
        var search = await _store.FindNewestAsync(CheckpointCheck.Content, Cancellation);
        Assert.Equal(100, search.Newest?.Step);
        Assert.Contains("model.safetensors' is damaged", Assert.Single(search.Skipped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_of_exactly_the_expected_bytes_meets_the_damage()
    {
        var damaged = await WriteAsync(200);
        await File.WriteAllTextAsync(FileOf(200, "model.safetensors"), "model of 300", Cancellation);
        await using var stream = await _store.OpenAsync(damaged, "model.safetensors", Cancellation);
        await Assert.ThrowsAsync<CheckpointCorruptException>(async () => await stream.ReadExactlyAsync(new byte[12], Cancellation));
    }

    [Theory]
    [InlineData("{ \"formatVersion\": 1 }", "Its manifest cannot be read: ")]
    [InlineData("half a docum", "Its manifest cannot be read: ")]
    public async Task An_unreadable_manifest_is_passed_over(string content, string reason)
    {
        await WriteAsync(100);
        await WriteAsync(200);
        await File.WriteAllTextAsync(FileOf(200, "manifest.json"), content, Cancellation);
        var search = await _store.FindNewestAsync(CheckpointCheck.Sizes, Cancellation);
        Assert.Equal(100, search.Newest?.Step);
        Assert.StartsWith(reason, Assert.Single(search.Skipped).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_file_and_a_newer_format_are_passed_over()
    {
        await WriteAsync(100);
        await WriteAsync(200);
        await WriteAsync(300);
        File.Delete(FileOf(200, "model.safetensors"));
        var manifest = await File.ReadAllTextAsync(FileOf(300, "manifest.json"), Cancellation);
        await File.WriteAllTextAsync(
            FileOf(300, "manifest.json"), manifest.Replace("\"formatVersion\": 1", "\"formatVersion\": 2", StringComparison.Ordinal), Cancellation);
        var search = await _store.FindNewestAsync(CheckpointCheck.Sizes, Cancellation);
        Assert.Equal(100, search.Newest?.Step);
        Assert.Equal(
            ["Its format version is 2; this version reads 1.", "Its file 'model.safetensors' is missing."],
            search.Skipped.Select(skipped => skipped.Reason));
    }

    [Fact]
    public async Task Of_two_attempts_of_one_step_the_later_wins()
    {
        await WriteAsync(100, "z");
        _time.Advance(TimeSpan.FromSeconds(1));
        await WriteAsync(100, "a");
        Assert.Equal("a", (await _store.FindNewestAsync(CheckpointCheck.Sizes, Cancellation)).Newest?.Attempt);
    }

    [Fact]
    public async Task A_finished_checkpoint_is_never_overwritten()
    {
        await WriteAsync(100);
        await Assert.ThrowsAsync<BlobConflictException>(() => WriteAsync(100));
        Assert.Equal(100, (await _store.FindNewestAsync(CheckpointCheck.Content, Cancellation)).Newest?.Step);
    }

    [Fact]
    public async Task Pruning_keeps_the_newest_whole_ones_and_what_may_be_in_progress()
    {
        await InterruptAsync(50);
        foreach (var step in (long[])[100, 200, 300, 400])
            await WriteAsync(step);
        await InterruptAsync(350);
        await InterruptAsync(500);
        File.Delete(FileOf(300, "model.safetensors"));

        Assert.Equal(4, await _store.PruneAsync(2, Cancellation));

        var folders = Directory.GetDirectories(_folder["experiments/run-1/checkpoints"]).Select(Path.GetFileName).Order();
        Assert.Equal(["00000200-a", "00000400-a", "00000500-a"], folders);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => _store.PruneAsync(0, Cancellation));
    }

    [Fact]
    public async Task Later_checkpoints_are_deleted_whole_or_not_and_the_search_takes_those_that_are_wanted()
    {
        foreach (var step in (long[])[100, 200, 300]) await WriteAsync(step);
        await InterruptAsync(400);

        var wanted = await _store.FindNewestAsync(CheckpointCheck.Sizes, Cancellation, manifest => manifest.Step < 250);
        Assert.Equal((200, 0), (wanted.Newest?.Step, wanted.Skipped.Count));
        Assert.Equal(2, await _store.DeleteAfterAsync(200, Cancellation));

        Assert.Equal(["00000100-a", "00000200-a"], Directory.GetDirectories(_folder["experiments/run-1/checkpoints"]).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("manifest.json")]
    [InlineData("a/b")]
    [InlineData("../b")]
    public async Task A_file_needs_a_name_of_its_own(string name)
    {
        var file = CheckpointFile.FromData(name, BinaryData.FromString("x"));
        await Assert.ThrowsAsync<ArgumentException>(() => _store.WriteAsync(1, "a", Position(), [file], Cancellation));
    }

    private static JsonElement Position() => JsonSerializer.SerializeToElement(new { epoch = 3 });

    private Task<CheckpointManifest> WriteAsync(long step, string attempt = "a") => _store.WriteAsync(
        step,
        attempt,
        Position(),
        [
            CheckpointFile.FromData("model.safetensors", BinaryData.FromString($"model of {step}")),
            CheckpointFile.FromData("optimizer.safetensors", BinaryData.FromString($"optimizer of {step}")),
        ],
        Cancellation);

    private async Task InterruptAsync(long step)
    {
        CheckpointFile[] files =
        [
            CheckpointFile.FromData("model.safetensors", BinaryData.FromString("model")),
            new("optimizer.safetensors", (_, _) => throw new IOException("the device is gone")),
        ];
        var error = await Assert.ThrowsAsync<IOException>(() => _store.WriteAsync(step, "a", Position(), files, Cancellation));
        Assert.Equal("the device is gone", error.Message);
    }

    private async Task AssertCorruptAsync(CheckpointManifest manifest, string reason)
    {
        const string name = "experiments/run-1/checkpoints/00000200-a/model.safetensors";
        var error = await Assert.ThrowsAsync<CheckpointCorruptException>(
            () => _store.MaterializeAsync(manifest, "model.safetensors", _folder["cache"], Cancellation));
        Assert.Equal(name, error.File);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        await using var stream = await _store.OpenAsync(manifest, "model.safetensors", Cancellation);
        error = await Assert.ThrowsAsync<CheckpointCorruptException>(() => stream.CopyToAsync(Stream.Null, Cancellation));
        Assert.Equal(name, error.File);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private string FileOf(long step, string name) => _folder[$"experiments/run-1/checkpoints/{step:D8}-a/{name}"];
}
