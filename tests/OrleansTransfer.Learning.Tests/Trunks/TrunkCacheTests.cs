using OrleansTransfer.Learning.Trunks;

namespace OrleansTransfer.Learning.Tests.Trunks;

public sealed class TrunkCacheTests : IDisposable
{
    private const int Rows = 5;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_that_were_written_are_found_again_and_others_are_not()
    {
        var first = Open(Cache());
        Assert.True(first.Made);
        using (first.File)
        {
            Assert.All(Enumerable.Range(0, Rows), row => Assert.False(first.File.Has(row)));
            Write(first.File, 4, 1);
        }

        var second = Open(Cache());
        Assert.False(second.Made);
        using (second.File) Check(second.File, 1, 4);
        Assert.Equal(second.File.Length, new FileInfo(Files().Single()).Length);
    }

    [Fact]
    public void All_who_have_a_file_open_fill_it_together()
    {
        var cache = Cache();
        using var first = Open(cache).File;
        using var second = Open(cache).File;
        using var elsewhere = Open(Cache()).File;

        Write(first, 0, 3);
        Write(elsewhere, 2);

        foreach (var file in new[] { first, second, elsewhere }) Check(file, 0, 2, 3);
    }

    [Fact]
    public async Task A_file_that_many_ask_for_at_once_is_made_once()
    {
        var caches = new[] { Cache(), Cache() };
        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Open(caches[i % 2]))));

        Write(opened[0].File, 2);
        Assert.All(opened, kept => Assert.True(kept.File.Has(2)));
        Assert.Single(Files());
        foreach (var kept in opened) kept.File.Dispose();
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("without a head")]
    [InlineData("longer")]
    [InlineData("empty")]
    public void One_that_is_damaged_is_made_anew_and_says_so(string damage)
    {
        Open(Cache()).File.Dispose();
        var path = Files().Single();
        var bytes = File.ReadAllBytes(path);
        if (damage == "without a head") Array.Clear(bytes, 0, 64);
        File.WriteAllBytes(path, damage switch { "cut" => bytes[..^1], "longer" => [.. bytes, 0], "empty" => [], _ => bytes });

        var kept = Open(Cache());

        Assert.True(kept.Made);
        Assert.Contains("is damaged", kept.Damage);
        using (kept.File) Check(kept.File);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_row_that_is_damaged_counts_as_not_there_until_it_is_written_again(bool whileOpen)
    {
        using (var filled = Open(Cache()).File) Write(filled, 0, Rows - 1);
        using var before = Open(Cache()).File;
        if (whileOpen) Check(before, 0, Rows - 1);
        using (var stream = new FileStream(Files().Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
        {
            stream.Position = stream.Length - 1;
            var last = stream.ReadByte();
            stream.Position--;
            stream.WriteByte((byte)(last ^ 4));
        }
        using var after = Open(Cache()).File;

        foreach (var file in new[] { before, after })
        {
            Check(file, 0);
            Assert.Equal(1, file.Damaged);
            Assert.False(file.Has(Rows - 1));
        }
        Write(after, Rows - 1);
        Check(after, 0, Rows - 1);
    }

    [Fact]
    public void A_row_beyond_the_end_of_a_file_that_was_cut_is_not_there()
    {
        using var file = Open(Cache()).File;
        Write(file, 0, Rows - 1);
        using (var stream = new FileStream(Files().Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            stream.SetLength(stream.Length - 1);

        Check(file, 0);
    }

    [Fact]
    public void Those_that_were_not_used_for_longest_go_first_and_who_reads_one_reads_on()
    {
        var length = TrunkFile.LengthOf(Rows, 6);
        var cache = Cache((long)(2.5 * length));
        var oldest = Open(cache, "a").File;
        Write(oldest, 3);
        Open(cache, "b").File.Dispose();
        foreach (var (key, age) in new[] { ("a", 2), ("b", 3) }) File.SetLastWriteTimeUtc(_folder[$"kept/{key}.features"], DateTime.UtcNow.AddHours(-age));

        Open(cache, "a").File.Dispose();
        Open(cache, "c").File.Dispose();

        Assert.Equal(["a.features", "c.features"], Files().Select(Path.GetFileName).Order());
        File.Delete(_folder["kept/a.features"]);
        using (oldest) Check(oldest, 3);
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

    private static Kept Open(TrunkCache cache, string key = "key") => cache.Open(key, Rows, () => [2, 3]);

    private string[] Files() => Directory.GetFiles(_folder["kept"]);

    private static void Write(TrunkFile file, params int[] rows)
    {
        foreach (var row in rows) file.Write(row, Row(row));
    }

    private static float[] Row(int row) => [.. Enumerable.Range(0, 6).Select(i => row + i / 10f)];

    private static void Check(TrunkFile file, params int[] written)
    {
        Assert.Equal([2L, 3L], file.RowShape);
        var values = new float[file.RowLength];
        for (var row = 0; row < Rows; row++)
        {
            Assert.Equal(written.Contains(row), file.TryRead(row, values));
            if (written.Contains(row)) Assert.Equal(Row(row), values);
        }
    }
}
