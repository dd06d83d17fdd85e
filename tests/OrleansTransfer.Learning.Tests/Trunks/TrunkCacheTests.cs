using OrleansTransfer.Learning.Trunks;

namespace OrleansTransfer.Learning.Tests.Trunks;

public sealed class TrunkCacheTests : IDisposable
{
    private const int Rows = 5;

    private readonly TemporaryFolder _folder = new();
    private int _made;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_made_is_found_again_row_by_row()
    {
        var first = Open(Cache());
        Assert.True(first.Made);
        using (first.File) Check(first.File);

        var second = Open(Cache());
        Assert.False(second.Made);
        using (second.File) Check(second.File);
        Assert.Equal(1, _made);
        Assert.Equal(second.File.Length, new FileInfo(Files().Single()).Length);
    }

    [Fact]
    public async Task Two_who_ask_at_once_have_it_made_once()
    {
        var cache = Cache();
        using var entered = new ManualResetEventSlim();
        using var both = new ManualResetEventSlim();
        var first = Task.Run(
            () => cache.Open("key", Rows, writer =>
            {
                entered.Set();
                both.Wait(Token);
                Write(writer);
            }, Token),
            Token);
        entered.Wait(Token);
        var second = Task.Run(() => cache.Open("key", Rows, Write, Token), Token);
        both.Set();

        var opened = await Task.WhenAll(first, second);

        Assert.Equal(1, _made);
        Assert.Equal([true, false], opened.Select(kept => kept.Made));
        foreach (var kept in opened) using (kept.File) Check(kept.File);
    }

    [Theory]
    [InlineData("flipped")]
    [InlineData("cut")]
    [InlineData("without a head")]
    [InlineData("longer")]
    [InlineData("empty")]
    public void One_that_is_damaged_is_made_anew_and_says_so(string damage)
    {
        Open(Cache()).File.Dispose();
        var path = Files().Single();
        var bytes = File.ReadAllBytes(path);
        if (damage == "flipped") bytes[^3] ^= 1;
        if (damage == "without a head") Array.Clear(bytes, 0, 64);
        File.WriteAllBytes(path, damage switch { "cut" => bytes[..^1], "longer" => [.. bytes, 0], "empty" => [], _ => bytes });

        var kept = Open(Cache());

        Assert.True(kept.Made);
        Assert.Contains("is damaged", kept.Damage);
        using (kept.File) Check(kept.File);
    }

    [Fact]
    public void A_row_that_is_damaged_after_the_file_was_opened_is_not_learned_from()
    {
        using var file = Open(Cache()).File;
        var bytes = File.ReadAllBytes(Files().Single());
        bytes[^1] ^= 4;
        using (var stream = new FileStream(Files().Single(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete)) stream.Write(bytes);

        var row = new float[file.RowLength];
        file.Read(0, row);
        Assert.Contains($"row {Rows - 1}", Assert.Throws<TrunkCorruptException>(() => file.Read(Rows - 1, row)).Message);
    }

    [Fact]
    public void What_was_not_finished_does_not_count_and_leaves_nothing_behind()
    {
        var cache = Cache();
        Assert.Throws<LearningException>(() => cache.Open("key", Rows, writer =>
        {
            writer.Add([1, 2], [2]);
            throw new LearningException("a picture is gone");
        }, Token));
        Assert.Throws<InvalidOperationException>(() => cache.Open("key", Rows, writer => writer.Add([1, 2], [2]), Token));
        Assert.Empty(Directory.GetFiles(_folder["kept"]));

        var kept = Open(cache);
        Assert.True(kept.Made);
        kept.File.Dispose();
    }

    [Fact]
    public void Those_that_were_not_used_for_longest_go_first_and_who_reads_one_reads_on()
    {
        var length = TrunkFile.LengthOf(Rows, 6);
        var cache = Cache((long)(2.5 * length));
        var oldest = Open(cache, "a").File;
        Open(cache, "b").File.Dispose();
        foreach (var (key, age) in new[] { ("a", 2), ("b", 3) }) File.SetLastWriteTimeUtc(_folder[$"kept/{key}.features"], DateTime.UtcNow.AddHours(-age));

        Open(cache, "a").File.Dispose();
        Open(cache, "c").File.Dispose();

        Assert.Equal(["a.features", "c.features"], Files().Select(Path.GetFileName).Order());
        File.Delete(_folder["kept/a.features"]);
        using (oldest) Check(oldest);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public void What_is_larger_than_all_may_be_is_refused_before_it_is_written(long most)
    {
        Assert.Throws<TrunkTooLargeException>(() => Open(Cache(most)));
        Assert.True(!Directory.Exists(_folder["kept"]) || Directory.GetFiles(_folder["kept"]).Length == 0);
    }

    private TrunkCache Cache(long most = 1_000_000) => new(_folder["kept"], most);

    private Kept Open(TrunkCache cache, string key = "key") => cache.Open(key, Rows, Write, Token);

    private string[] Files() => Directory.GetFiles(_folder["kept"]);

    private void Write(TrunkFile.Writer writer)
    {
        Interlocked.Increment(ref _made);
        for (var row = 0; row < Rows; row++) writer.Add(Row(row), [2, 3]);
    }

    private static float[] Row(int row) => [.. Enumerable.Range(0, 6).Select(i => row + i / 10f)];

    private static void Check(TrunkFile file)
    {
        Assert.Equal([2L, 3L], file.RowShape);
        var values = new float[file.RowLength];
        for (var row = Rows - 1; row >= 0; row--)
        {
            file.Read(row, values);
            Assert.Equal(Row(row), values);
        }
    }
}
