using System.Text;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Learning.Weights.Catalogue;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Learning.Tests.Weights.Cache;

/// <summary>Downloads from a server that misbehaves.</summary>
public sealed class WeightDownloadTests
{
    private static readonly byte[] s_content = TestCache.Bytes();

    [Fact]
    public async Task A_connection_that_breaks_is_taken_up_where_it_broke_as_often_as_it_brings_the_file_forward()
    {
        // Six breaks: twice as many as failures without a new byte would be forgiven.
        await using var server = new WeightServer((request, answer) => answer.FileAsync(request, s_content, "\"v1\"", most: 50_000));
        using var test = new TestCache(server.Address, WeightChecksum.Sha256(TestCache.Sha256(s_content)));
        var weights = await test.GetAsync();

        Assert.Equal(s_content, await BytesAsync(weights));
        Assert.Equal(s_content.Length / 50_000, server.Requests.Count);
        Assert.Equal(Enumerable.Range(0, 6).Select(part => part * 50_000), server.Requests.Select(request => request.From));
        Assert.All(server.Requests.Skip(1), request => Assert.Equal("\"v1\"", request.Headers["If-Range"]));
        Assert.False(File.Exists(test.Partial));
        Assert.False(File.Exists(test.Partial + ".json"));
    }

    [Fact]
    public async Task A_server_without_ranges_is_asked_for_the_whole_again()
    {
        await using var server = new WeightServer(async (request, answer) =>
        {
            await answer.HeadAsync(200, $"Content-Length: {s_content.Length}", "ETag: \"v1\"");
            await answer.BodyAsync(request.Number < 3 ? s_content.AsMemory(0, 100_000) : s_content);
        });
        using var test = new TestCache(server.Address);
        Assert.Equal(s_content, await BytesAsync(await test.GetAsync()));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_gives_nothing_to_recognise_the_file_by_is_asked_for_the_whole_again()
    {
        await using var server = new WeightServer(async (request, answer) =>
        {
            await answer.HeadAsync(200, $"Content-Length: {s_content.Length}", "ETag: W/\"weak\"");
            await answer.BodyAsync(request.Number == 1 ? s_content.AsMemory(0, 100_000) : s_content);
        });
        using var test = new TestCache(server.Address);
        Assert.Equal(s_content, await BytesAsync(await test.GetAsync()));
        Assert.DoesNotContain("Range", server.Requests[1].Headers.Keys);
    }

    [Theory]
    [InlineData("answers with the whole new file")]
    [InlineData("ignores If-Range and sends the rest of the new file")]
    public async Task A_file_that_changed_between_two_attempts_is_never_put_together_from_both(string server)
    {
        var replaced = TestCache.Bytes(seed: 2);
        await using var listening = new WeightServer(async (request, answer) =>
        {
            if (request.Number == 1) await answer.FileAsync(request, s_content, "\"v1\"", most: 100_000);
            else if (request.From == 0 || server.StartsWith("answers", StringComparison.Ordinal)) await answer.FileAsync(request, replaced, "\"v2\"");
            else
            {
                var rest = replaced.AsMemory(request.From);
                await answer.HeadAsync(
                    206, $"Content-Length: {rest.Length}", "ETag: \"v2\"",
                    $"Content-Range: bytes {request.From}-{replaced.Length - 1}/{replaced.Length}");
                await answer.BodyAsync(rest);
            }
        });
        using var test = new TestCache(listening.Address);
        Assert.Equal(replaced, await BytesAsync(await test.GetAsync()));
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_left_and_asked_for_the_rest()
    {
        await using var server = new WeightServer(async (request, answer) =>
        {
            await answer.FileAsync(request, s_content, "\"v1\"", request.Number == 1 ? 100_000 : int.MaxValue);
            if (request.Number == 1) await answer.StallAsync();
        });
        using var test = new TestCache(server.Address, change: Stalling);
        var progress = new RecordedProgress();
        Assert.Equal(s_content, await BytesAsync(await test.GetAsync(progress)));
        Assert.Equal([0, 100_000], server.Requests.Select(request => request.From));
        Assert.Contains("nothing came for 0.3 s", Assert.Single(progress.Of(WeightProgressKind.Trouble)));
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_after_the_failures_that_were_allowed()
    {
        await using var server = new WeightServer((_, answer) => answer.StallAsync());
        using var test = new TestCache(server.Address, change: Stalling);
        var error = await Assert.ThrowsAsync<WeightDownloadException>(() => test.GetAsync());
        Assert.Contains("nothing came for 0.3 s; 3 attempts in a row failed", error.Message);
        Assert.Equal(3, server.Requests.Count);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task A_busy_server_is_given_the_time_it_asks_for(int status)
    {
        await using var server = new WeightServer((request, answer) => request.Number <= 2
            ? answer.StatusAsync(status, "Retry-After: 7")
            : answer.FileAsync(request, s_content, "\"v1\""));
        var time = new SkippingTime(TimeSpan.FromSeconds(7));
        using var test = new TestCache(server.Address, time: time);
        var progress = new RecordedProgress();
        Assert.Equal(s_content, await BytesAsync(await test.GetAsync(progress)));
        Assert.Equal(2, time.Count);
        Assert.All(progress.Of(WeightProgressKind.Trouble), text => Assert.Contains($"{status}", text));
    }

    [Theory]
    [InlineData(404, "there is no such file")]
    [InlineData(403, "403")]
    public async Task A_refusal_is_not_tried_again_and_says_what_else_can_be_done(int status, string said)
    {
        await using var server = new WeightServer((_, answer) => answer.StatusAsync(status));
        using var test = new TestCache(server.Address);
        var error = await Assert.ThrowsAsync<WeightDownloadException>(() => test.GetAsync());
        Assert.Single(server.Requests);
        Assert.Contains(said, error.Message);
        Assert.Contains($"{server.Address}/models/squeeze.safetensors", error.Message);
        Assert.Contains(test.Path, error.Message);
        Assert.False(File.Exists(test.Partial));
    }

    [Fact]
    public async Task A_web_page_with_status_200_is_recognised_and_not_kept()
    {
        var page = Encoding.UTF8.GetBytes("\n <!doctype html><html><body>Please sign in to the proxy</body></html>");
        await using var server = WeightServer.Of(page);
        using var test = new TestCache(server.Address);
        var error = await Assert.ThrowsAsync<WeightDownloadException>(() => test.GetAsync());
        Assert.Contains("a web page, not weights", error.Message);
        Assert.Single(server.Requests);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(test.Path)!, "*.partial*"));
    }

    [Fact]
    public async Task A_file_that_comes_damaged_once_is_fetched_anew()
    {
        var damaged = s_content.ToArray();
        damaged[123_456] ^= 1;
        await using var server = new WeightServer((request, answer) =>
            answer.FileAsync(request, request.Number == 1 ? damaged : s_content, "\"v1\""));
        using var test = new TestCache(server.Address, WeightChecksum.Sha256(TestCache.Sha256(s_content)[..9]));
        var progress = new RecordedProgress();
        var weights = await test.GetAsync(progress);
        Assert.Equal(s_content, await BytesAsync(weights));
        Assert.Equal(TestCache.Sha256(s_content), weights.Record!.Sha256);
        Assert.Contains(TestCache.Sha256(damaged), Assert.Single(progress.Of(WeightProgressKind.Trouble)));
    }

    [Theory]
    [InlineData("published SHA-256")]
    [InlineData("published MD5")]
    [InlineData("SHA-256 named by the server on the way")]
    public async Task A_file_with_another_checksum_is_deleted_and_both_checksums_are_named(string what)
    {
        var (sha256, md5) = (new string('a', 64), new string('b', 32));
        await using var server = new WeightServer((request, answer) => request.Path switch
        {
            "/stored" => answer.FileAsync(request, s_content, "\"v1\""),
            _ when what.EndsWith("way", StringComparison.Ordinal) => answer.StatusAsync(302, "Location: /stored", $"X-Linked-ETag: \"{sha256}\""),
            _ => answer.StatusAsync(302, "Location: /stored"),
        });
        using var test = new TestCache(server.Address, what switch
        {
            "published SHA-256" => WeightChecksum.Sha256(sha256),
            "published MD5" => WeightChecksum.Md5(md5),
            _ => WeightChecksum.None,
        });
        var error = await Assert.ThrowsAsync<WeightDownloadException>(() => test.GetAsync());
        Assert.Contains(what == "published MD5" ? md5 : sha256, error.Message);
        if (what != "published MD5") Assert.Contains(TestCache.Sha256(s_content), error.Message);
        Assert.False(File.Exists(test.Path));
        Assert.False(File.Exists(test.Partial));
    }

    [Fact]
    public async Task A_checksum_that_the_server_names_is_what_the_file_was_checked_against()
    {
        await using var server = new WeightServer((request, answer) => request.Path == "/stored"
            ? answer.FileAsync(request, s_content, "\"v1\"")
            : answer.StatusAsync(307, "Location: /stored", $"X-Linked-ETag: \"{TestCache.Sha256(s_content)}\""));
        using var test = new TestCache(server.Address);
        Assert.Contains("server names", (await test.GetAsync()).Record!.Checked);
    }

    [Fact]
    public async Task A_redirect_in_circles_is_left()
    {
        await using var server = new WeightServer((_, answer) => answer.StatusAsync(302, "Location: /models/squeeze.safetensors"));
        using var test = new TestCache(server.Address);
        Assert.Contains("redirects more than 10 times", (await Assert.ThrowsAsync<WeightDownloadException>(() => test.GetAsync())).Message);
    }

    [Fact]
    public async Task Credentials_of_an_address_are_sent_to_its_host_alone_and_never_shown()
    {
        await using var server = new WeightServer((request, answer) => request.Path.StartsWith("/stored", StringComparison.Ordinal)
            ? answer.FileAsync(request, s_content, "\"v1\"")
            : answer.StatusAsync(302, $"Location: http://localhost:{request.Headers["Host"].Split(':')[1]}/stored"));
        using var test = new TestCache(server.Address);
        var url = server.Address.Replace("http://", "http://user:pass%40word@", StringComparison.Ordinal) + "/x.bin?token=secret";
        var progress = new RecordedProgress();
        var weights = await test.Cache.GetAsync(url, null, progress, TestContext.Current.CancellationToken);

        Assert.Equal("Basic " + Convert.ToBase64String("user:pass@word"u8), server.Requests[0].Headers["Authorization"]);
        Assert.DoesNotContain("Authorization", server.Requests[1].Headers.Keys);
        var shown = string.Join(' ', [weights.Name, weights.Path, weights.Record!.Source, .. progress.Of(WeightProgressKind.Started)]);
        Assert.DoesNotContain("secret", shown);
        Assert.DoesNotContain("pass", shown);
    }

    [Fact]
    public async Task An_interrupted_download_leaves_a_part_that_the_next_one_takes_up()
    {
        await using var server = new WeightServer(async (request, answer) =>
        {
            await answer.FileAsync(request, s_content, "\"v1\"", request.Number == 1 ? 100_000 : int.MaxValue);
            if (request.Number == 1) await answer.StallAsync();
        });
        using var test = new TestCache(server.Address);
        using var interrupt = new CancellationTokenSource();
        var interrupted = test.GetAsync(cancellationToken: interrupt.Token);
        while (!File.Exists(test.Partial) || new FileInfo(test.Partial).Length < 100_000) await Task.Delay(5, TestContext.Current.CancellationToken);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => interrupted);
        Assert.False(File.Exists(test.Path));

        var progress = new RecordedProgress();
        Assert.Equal(s_content, await BytesAsync(await test.GetAsync(progress)));
        Assert.Equal([0, 100_000], server.Requests.Select(request => request.From));
        Assert.Contains("going on at 0.1 MB", Assert.Single(progress.Of(WeightProgressKind.Started)));
    }

    [Fact]
    public async Task A_part_that_is_whole_already_is_checked_and_used()
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(server.Address);
        Directory.CreateDirectory(Path.GetDirectoryName(test.Path)!);
        await File.WriteAllBytesAsync(test.Partial, s_content, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            test.Partial + ".json",
            $$"""{"Url":"{{test.Entry.Url}}","Validator":"\u0022v1\u0022","Total":{{s_content.Length}},"Sha256":null}""",
            TestContext.Current.CancellationToken);
        Assert.Equal(s_content, await BytesAsync(await test.GetAsync()));
        Assert.Equal(s_content.Length, Assert.Single(server.Requests).From);
    }

    [Fact]
    public async Task A_disk_that_is_too_small_is_told_before_the_first_byte_is_written()
    {
        await using var server = WeightServer.Of(s_content);
        using var test = new TestCache(
            server.Address, change: options => options with { Download = options.Download with { FreeSpace = _ => 1000 } });
        var error = await Assert.ThrowsAsync<WeightDownloadException>(() => test.GetAsync());
        Assert.Contains("needs 0.3 MB more", error.Message);
        Assert.Contains("OTX_CACHE", error.Message);
        Assert.Equal(0, new FileInfo(test.Partial).Length);
    }

    [Theory]
    [InlineData(1, 0.0, null, 1)]
    [InlineData(1, 0.5, null, 0.75)]
    [InlineData(3, 0.0, null, 4)]
    [InlineData(20, 0.0, null, 30)]
    [InlineData(1, 0.0, 10, 10)]
    [InlineData(5, 0.0, 10, 16)]
    [InlineData(1, 0.0, 3600, 120)]
    [InlineData(1, 0.0, -5, 1)]
    public void Pauses_double_within_bounds_and_are_not_shorter_than_the_server_asks(int failures, double random, int? asked, double seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            new DownloadOptions().PauseAfter(failures, asked is { } wanted ? TimeSpan.FromSeconds(wanted) : null, random));

    private static WeightCacheOptions Stalling(WeightCacheOptions options) =>
        options with { Download = options.Download with { StallTimeout = TimeSpan.FromSeconds(0.3) } };

    private static Task<byte[]> BytesAsync(CachedWeights weights) => File.ReadAllBytesAsync(weights.Path, TestContext.Current.CancellationToken);
}
