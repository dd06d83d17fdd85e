using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Weights.Cache;

public sealed class WeightCacheTests : IDisposable
{
    // Nobody listens there: a connection would fail, and the test with it.
    private const string Nowhere = "http://127.0.0.1:9";

    private static readonly byte[] s_content = TestCache.Bytes();

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_fetched_once_is_here_without_a_connection()
    {
        string folder;
        await using (var server = WeightServer.Of(s_content))
        {
            using var first = new TestCache(server.Address, folder: _folder.Path);
            (folder, var weights) = (first.Cache.Folder, await first.GetAsync());
            Assert.Equal(first.Path, weights.Path);
            Assert.Equal(weights, await first.GetAsync());
            Assert.Single(server.Requests);
        }
        using var second = new TestCache(Nowhere, change: Offline, folder: folder);
        Assert.Equal(TestCache.Sha256(s_content), (await second.GetAsync()).Record!.Sha256);
        Assert.Equal(TestCache.Name, Assert.Single(second.Cache.List()).Name);
    }

    [Fact]
    public async Task Offline_no_connection_is_opened_and_the_file_to_put_where_is_named()
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(server.Address, change: Offline);
        var error = await Assert.ThrowsAsync<LearningException>(() => test.GetAsync());
        Assert.Contains($"{test.Entry.Url}", error.Message);
        Assert.Contains($"'{test.Path}'", error.Message);
        Assert.Contains($"otx weights add FILE --as {TestCache.Name}", error.Message);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_file_put_there_by_hand_is_used_if_it_is_what_is_published()
    {
        using var test = new TestCache(Nowhere, WeightChecksum.Sha256(TestCache.Sha256(s_content)[..8]), Offline, folder: _folder.Path);
        _folder.Write(Path.GetRelativePath(_folder.Path, test.Path), s_content);
        Assert.Null(Assert.Single(test.Cache.List()).Record);
        Assert.Equal(TestCache.Sha256(s_content), (await test.GetAsync()).Record!.Sha256);

        // From now on its bytes are known.
        Assert.NotNull(Assert.Single(test.Cache.List()).Record);
    }

    [Fact]
    public async Task A_file_put_there_by_hand_that_is_another_one_is_named_and_deleted()
    {
        using var test = new TestCache(Nowhere, WeightChecksum.Sha256("01234567"), Offline, folder: _folder.Path);
        _folder.Write(Path.GetRelativePath(_folder.Path, test.Path), s_content);
        var error = await Assert.ThrowsAsync<LearningException>(() => test.GetAsync());
        Assert.Contains(test.Path, error.Message);
        Assert.Contains(TestCache.Sha256(s_content), error.Message);
        Assert.Contains("01234567", error.Message);
        Assert.False(File.Exists(test.Path));
    }

    [Theory]
    [InlineData("tampered")]
    [InlineData("truncated")]
    public async Task A_cached_file_that_is_not_what_it_was_is_deleted_and_fetched_anew(string how)
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(server.Address);
        var weights = await test.GetAsync();
        Damage(weights.Path, how);
        var progress = new RecordedProgress();
        await test.GetAsync(progress);
        Assert.Equal(s_content, await File.ReadAllBytesAsync(weights.Path, Cancelled));
        Assert.Contains(weights.Path, Assert.Single(progress.Of(WeightProgressKind.Trouble)));
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData("tampered")]
    [InlineData("truncated")]
    public async Task Verification_names_and_deletes_what_is_damaged(string how)
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(server.Address);
        var weights = await test.GetAsync();
        Assert.Null((await test.Cache.VerifyAsync(weights, Cancelled)).Damage);

        Damage(weights.Path, how);
        var damage = (await test.Cache.VerifyAsync(weights, Cancelled)).Damage;
        Assert.Contains(TestCache.Sha256(s_content), damage);
        if (how == "truncated") Assert.Contains($"{s_content.Length - 1} bytes instead of {s_content.Length}", damage);
        Assert.False(File.Exists(weights.Path));
        Assert.Empty(test.Cache.List());
    }

    [Fact]
    public async Task Of_two_that_want_the_same_file_one_fetches_it_and_the_other_waits_and_says_so()
    {
        var release = new TaskCompletionSource();
        await using var server = new WeightServer(async (request, answer) =>
        {
            await release.Task;
            await answer.FileAsync(request, s_content, "\"v1\"");
        });

        // Two caches, as two processes have.
        using TestCache one = new(server.Address, folder: _folder.Path), other = new(server.Address, folder: _folder.Path);
        var progress = new RecordedProgress(report =>
        {
            if (report.Kind == WeightProgressKind.Waiting) release.TrySetResult();
        });
        var both = await Task.WhenAll(one.GetAsync(progress), other.GetAsync(progress));
        Assert.Equal(both[0], both[1]);
        Assert.Single(server.Requests);
        Assert.Contains("another process is fetching it", Assert.Single(progress.Of(WeightProgressKind.Waiting)));
    }

    [Fact]
    public async Task A_lock_file_that_a_dead_process_left_is_no_obstacle()
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(server.Address, folder: _folder.Path);
        _folder.Write("weights/squeezenet1_1/test.lock", "4711"u8);
        Assert.Equal(s_content.Length, (await test.GetAsync()).Record!.Size);
    }

    [Fact]
    public async Task An_address_is_cached_by_all_of_it_and_held_against_the_checksum_that_is_asked_for()
    {
        await using var server = new WeightServer((request, answer) =>
            answer.FileAsync(request, TestCache.Bytes(seed: request.Path.Length), "\"v1\""));
        using var test = new TestCache(server.Address);
        var (a, b) = ($"{server.Address}/a/w.pth", $"{server.Address}/bb/w.pth");
        var sha256 = TestCache.Sha256(TestCache.Bytes(seed: "/a/w.pth".Length));
        var first = await test.Cache.GetAsync(a, WeightChecksum.Sha256(sha256), null, Cancelled);
        var second = await test.Cache.GetAsync(b, null, null, Cancelled);
        Assert.Equal(sha256, first.Record!.Sha256);
        Assert.NotEqual(first.Path, second.Path);
        Assert.EndsWith("-w.pth", first.Path);
        Assert.Equal([a, b], test.Cache.List().Select(weights => weights.Name));

        var error = await Assert.ThrowsAsync<LearningException>(() => test.Cache.GetAsync(b, WeightChecksum.Sha256(sha256), null, Cancelled));
        Assert.Contains(sha256, error.Message);
    }

    [Fact]
    public async Task A_mirror_serves_what_the_catalogue_names_and_not_what_an_address_names()
    {
        await using var mirror = WeightServer.Of(s_content);
        await using var other = WeightServer.Of(s_content);
        using var test = new TestCache(
            "https://weights.example:8443", change: options => options with { Mirror = WeightMirror.Parse(mirror.Address + "/ml/{host}/") });
        await test.GetAsync();
        await test.Cache.GetAsync($"{other.Address}/w.pth", null, null, Cancelled);
        Assert.Equal("/ml/weights.example/models/squeeze.safetensors", Assert.Single(mirror.Requests).Path);
        Assert.Equal("/w.pth", Assert.Single(other.Requests).Path);
    }

    [Fact]
    public void A_mirrors_address_replaces_scheme_host_and_port()
    {
        Assert.Equal(
            "http://mirror.example:81/ml/models/x.pth?a=b",
            WeightMirror.Parse("http://mirror.example:81/ml/").Of(new("https://download.pytorch.org/models/x.pth?a=b")).AbsoluteUri);
        Assert.Throws<LearningException>(() => WeightMirror.Parse("mirror.example"));
    }

    [Fact]
    public async Task A_users_file_is_checked_and_then_goes_by_its_name()
    {
        var file = _folder["mine.safetensors"];
        using (var model = Backbones.Get("squeezenet1_1").Create(7)) StateDict.Save(model, file);
        using var test = new TestCache(Nowhere, change: Offline);
        var added = await test.Cache.AddAsync(file, WeightName.TryParse("squeezenet1_1/mine")!, Cancelled);
        File.Delete(file);
        Assert.Equal(added, await test.Cache.GetAsync("squeezenet1_1/mine", null, null, Cancelled));
        Assert.Equal("squeezenet1_1/mine", Assert.Single(test.Cache.List()).Name);
    }

    [Fact]
    public async Task A_users_file_that_does_not_fit_the_network_or_the_catalogue_is_refused()
    {
        var file = _folder["mine.safetensors"];
        using (var model = Backbones.Get("squeezenet1_1").Create(7)) StateDict.Save(model, file);
        using var test = new TestCache(Nowhere, WeightChecksum.Sha256("01234567"), Offline);
        await Assert.ThrowsAsync<WeightsMismatchException>(() => test.Cache.AddAsync(file, WeightName.TryParse("resnet18/mine")!, Cancelled));
        var keras = _folder.Write("mobilenet.h5", HdfBuilder.FileOf(("conv_dw_1/kernel:0", [1]), ("conv_pw_13/kernel:0", [1])));
        Assert.Contains("are Keras' MobileNet, which pads", (await Assert.ThrowsAsync<WeightsMismatchException>(
            () => test.Cache.AddAsync(keras, WeightName.TryParse("mobilenetv1_100/mine")!, Cancelled))).Message);
        var error = await Assert.ThrowsAsync<LearningException>(() => test.Cache.AddAsync(file, WeightName.TryParse(TestCache.Name)!, Cancelled));
        Assert.Contains("01234567", error.Message);
        Assert.Contains("squeezenet1_1/mine", error.Message);
        await Assert.ThrowsAsync<WeightsFormatException>(() =>
            test.Cache.AddAsync(_folder.Write("junk", s_content), WeightName.TryParse("squeezenet1_1/junk")!, Cancelled));
        Assert.Empty(test.Cache.List());
    }

    [Theory]
    [InlineData("squeezenet1_1/tset", "'squeezenet1_1/test'")]
    [InlineData("squeezenet1_1", "neither a name of weights")]
    [InlineData("ftp://example.org/x", "neither a name of weights")]
    public async Task A_name_that_nobody_knows_is_refused_in_words(string name, string said)
    {
        using var test = new TestCache(Nowhere, change: Offline);
        Assert.Contains(said, (await Assert.ThrowsAsync<LearningException>(() => test.Cache.GetAsync(name, null, null, Cancelled))).Message);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named_with_the_variable_that_chooses_another()
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(server.Address, folder: _folder.Write("file", [1]));
        var error = await Assert.ThrowsAsync<LearningException>(() => test.GetAsync());
        Assert.Contains(_folder["file"], error.Message);
        Assert.Contains("OTX_CACHE", error.Message);
    }

    [Fact]
    public void The_environment_chooses_folder_mirror_and_offline()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(Path.Combine(home, ".cache", "otx"), Read().Folder);
        Assert.Equal("/x/otx", Read(("XDG_CACHE_HOME", "/x")).Folder);
        Assert.Equal(Path.Combine(home, ".cache", "otx"), Read(("XDG_CACHE_HOME", "relative")).Folder);
        Assert.Equal("/y", Read(("XDG_CACHE_HOME", "/x"), ("OTX_CACHE", "/y")).Folder);
        Assert.False(Read(("OTX_OFFLINE", "0")).Offline);
        Assert.True(Read(("OTX_OFFLINE", "1")).Offline);
        Assert.Equal(
            "http://m/a", Read(("OTX_WEIGHTS_MIRROR", "http://m")).Mirror!.Of(new("https://h/a")).AbsoluteUri);
        Assert.Contains("'yes'", Assert.Throws<LearningException>(() => Read(("OTX_OFFLINE", "yes"))).Message);

        static WeightCacheOptions Read(params (string Name, string Value)[] variables) =>
            WeightCacheOptions.FromEnvironment(variables.ToDictionary(variable => variable.Name, variable => variable.Value).GetValueOrDefault);
    }

    private static WeightCacheOptions Offline(WeightCacheOptions options) => options with { Offline = true };

    private static void Damage(string path, string how)
    {
        using var file = File.Open(path, FileMode.Open);
        if (how == "truncated") file.SetLength(s_content.Length - 1);
        else
        {
            file.Position = 1000;
            file.WriteByte((byte)~s_content[1000]);
        }
    }
}
