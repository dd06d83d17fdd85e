using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Gateway.Tests.Access;

/// <summary>Whom the API answers.</summary>
public sealed class AccessTests : IDisposable
{
    private const string Recipe = """{"name":"leaves","data":{"train":"/leaves"}}""";
    private static readonly DateTimeOffset s_now = new(2027, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly KeysFile _keys = new();
    private readonly FakeTimeProvider _time = new(s_now);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(ApiRole.Viewer, HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    [InlineData(ApiRole.Operator, HttpStatusCode.OK, HttpStatusCode.Created, HttpStatusCode.Forbidden)]
    [InlineData(ApiRole.Admin, HttpStatusCode.OK, HttpStatusCode.Created, HttpStatusCode.MethodNotAllowed)]
    public async Task A_role_may_do_what_it_is_for(ApiRole role, HttpStatusCode look, HttpStatusCode submit, HttpStatusCode delete)
    {
        var key = _keys.Add("alice", role);
        await using var server = await StartAsync();

        Assert.Equal(look, (await SendAsync(server, HttpMethod.Get, "experiments", key)).Status);
        Assert.Equal(submit, (await SendAsync(server, HttpMethod.Post, "experiments", key, Recipe)).Status);
        Assert.Equal(delete, (await SendAsync(server, HttpMethod.Delete, "experiments", key)).Status);
    }

    [Fact]
    public async Task A_role_that_is_not_enough_is_named_with_the_one_that_is()
    {
        var key = _keys.Add("alice", ApiRole.Viewer);
        await using var server = await StartAsync();

        var (status, message) = await SendAsync(server, HttpMethod.Post, "experiments", key, Recipe);

        Assert.Equal(HttpStatusCode.Forbidden, status);
        Assert.Equal(
            $"The API key 'alice' ({ApiKey.IdOf(key)}) has the role viewer; POST /api/v1/experiments asks for the role operator.", message);
        Assert.Empty(server.Experiments.Experiments);
    }

    [Fact]
    public async Task Whoever_has_no_valid_key_is_told_why()
    {
        string Timed(Func<ApiKeyEntry, ApiKeyEntry> change) => _keys.Add("bob", ApiRole.Admin, change);
        var expired = Timed(entry => entry with { Expires = s_now.AddSeconds(-1) });
        var early = Timed(entry => entry with { NotBefore = s_now.AddDays(1) });
        var revoked = Timed(entry => entry with { Revoked = s_now.AddDays(-2) });
        var valid = Timed(entry => entry with { NotBefore = s_now, Expires = s_now.AddSeconds(1) });
        await using var server = await StartAsync();

        foreach (var (key, expected) in new[]
        {
            (null, "set OTX_API_KEY"),
            (expired, "expired at 2027-01-31 11:59:59Z"),
            (early, "is valid only from 2027-02-01 12:00:00Z on"),
            (revoked, "was revoked at 2027-01-29 12:00:00Z"),
            (ApiKey.Create().Key, "does not know this API key"),
            (valid[..^1] + (valid[^1] == 'a' ? 'b' : 'a'), "does not know this API key"),
            ("password", "not a whole API key"),
        })
        {
            var (status, message) = await SendAsync(server, HttpMethod.Get, "experiments", key);
            Assert.Equal(HttpStatusCode.Unauthorized, status);
            Assert.Contains(expected, message);
        }
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "experiments", valid)).Status);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(server, HttpMethod.Get, "experiments", valid)).Status);
    }

    [Fact]
    public async Task Keys_rotate_without_a_restart()
    {
        var old = _keys.Add("alice", ApiRole.Viewer);
        await using var server = await StartAsync();

        var renewed = _keys.Add("alice", ApiRole.Viewer);
        Refresh(server);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "experiments", old)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "experiments", renewed)).Status);

        _keys.Remove(old);
        Refresh(server);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(server, HttpMethod.Get, "experiments", old)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "experiments", renewed)).Status);

        // What is no keys file lets nobody in, and nobody out.
        await File.WriteAllTextAsync(_keys.Path, "keys: oops", Token);
        Refresh(server);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "experiments", renewed)).Status);
    }

    [Fact]
    public async Task Nothing_that_is_not_marked_as_open_is_open()
    {
        await using var server = await StartAsync(new() { RefusalsPerMinute = 0 });

        foreach (var endpoint in server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var path = "/" + endpoint.RoutePattern.RawText!.Trim('/').Replace("{id}", "x").Replace("{**file}", "y");
            var method = new HttpMethod(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]);
            var expected = path is "/open" or "/metrics" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized;
            Assert.Equal((path, expected), (path, (await SendAsync(server, method, path, null)).Status));
        }
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(server, HttpMethod.Get, "/nowhere", null)).Status);
    }

    [Fact]
    public async Task Where_nobody_is_asked_everything_is_allowed_but_not_to_pages_of_other_hosts()
    {
        await using var server = await ApiServer.StartAsync(new() { LoopbackOnly = true });

        Assert.Equal(HttpStatusCode.Created, (await SendAsync(server, HttpMethod.Post, "experiments", "any", Recipe)).Status);
        (string, string, string)[] foreign = [("Host", "evil.example", "not as 'evil.example'"), ("Origin", "http://evil.example", "evil.example")];
        foreach (var (header, value, expected) in foreign)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "experiments") { Content = new StringContent(Recipe) };
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await server.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Contains(expected, JsonElement.Parse(await response.Content.ReadAsStringAsync(Token)).GetProperty("message").GetString());
        }
        Assert.Single(server.Experiments.Experiments);
    }

    [Fact]
    public async Task One_caller_is_held_back_and_others_are_not()
    {
        var (busy, other) = (_keys.Add("busy", ApiRole.Viewer), _keys.Add("other", ApiRole.Viewer));
        await using var server = await StartAsync(new() { RequestsPerSecond = 1 });

        HttpResponseMessage? refused = null;
        for (var i = 0; i < 200 && refused is null; i++)
        {
            var response = await server.Http.SendAsync(Request(HttpMethod.Get, "experiments", busy), Token);
            if (response.StatusCode == HttpStatusCode.TooManyRequests) refused = response;
            else response.Dispose();
        }

        Assert.NotNull(refused);
        Assert.True(refused.Headers.RetryAfter!.Delta >= TimeSpan.FromSeconds(1));
        Assert.Contains("more than 1 requests per second", await refused.Content.ReadAsStringAsync(Token));
        refused.Dispose();
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "experiments", other)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(server, HttpMethod.Get, "/open", null)).Status);
    }

    [Fact]
    public async Task Guessing_keys_is_held_back()
    {
        var file = _keys.In("audit.jsonl");
        await using var server = await ApiServer.StartAsync(
            new() { KeysFile = _keys.Path, Limits = new() { RefusalsPerMinute = 3 }, AuditFile = file }, _time);

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++) statuses.Add((await SendAsync(server, HttpMethod.Get, "experiments", ApiKey.Create().Key)).Status);

        Assert.Equal(3, statuses.Count(status => status == HttpStatusCode.Unauthorized));
        Assert.Equal(17, statuses.Count(status => status == HttpStatusCode.TooManyRequests));

        // Nor can it fill the audit log.
        Assert.Equal(3 + 1, (await File.ReadAllLinesAsync(file, Token)).Length);
    }

    [Theory]
    [InlineData("experiments/leaves/events?follow=true")]
    [InlineData("experiments/leaves/Events/?follow=true")]
    public async Task A_caller_follows_so_many_streams_at_a_time(string stream)
    {
        var key = _keys.Add("alice", ApiRole.Viewer);
        await using var server = await StartAsync(new() { StreamsPerCaller = 1 });
        server.Experiments.Experiments.Add(new() { Id = "leaves-3f9a" });

        using (await server.Http.SendAsync(Request(HttpMethod.Get, stream, key), HttpCompletionOption.ResponseHeadersRead, Token))
        {
            var (status, message) = await SendAsync(server, HttpMethod.Get, stream, key);
            Assert.Equal(HttpStatusCode.TooManyRequests, status);
            Assert.Contains("follows 1 streams of events already", message);
        }
        server.Experiments.Events.Writer.TryComplete();
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_said_so()
    {
        var key = _keys.Add("alice", ApiRole.Operator);
        await using var server = await StartAsync(new() { BodyBytes = 1000 });

        var (status, message) = await SendAsync(server, HttpMethod.Post, "experiments", key, $$"""{"name":"{{new string('x', 2000)}}"}""");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("larger than this node takes", message);
    }

    [Fact]
    public async Task What_was_done_is_kept_with_who_did_it_and_no_key_is_in_any_log()
    {
        var (alice, bob) = (_keys.Add("alice", ApiRole.Operator), _keys.Add("bob", ApiRole.Viewer));
        var stranger = ApiKey.Create().Key;
        var file = _keys.In("audit.jsonl");
        await using var server = await ApiServer.StartAsync(new() { KeysFile = _keys.Path, AuditFile = file, Node = "n1" }, _time);

        await SendAsync(server, HttpMethod.Post, "experiments", alice, Recipe);
        await SendAsync(server, HttpMethod.Get, "experiments", alice);
        await SendAsync(server, HttpMethod.Post, "experiments/leaves-3f9a/cancel", bob);
        await SendAsync(server, HttpMethod.Post, "experiments/leaves-3f9a/cancel", stranger);
        await SendAsync(server, HttpMethod.Post, "experiments/roses/cancel", alice);
        await SendAsync(server, HttpMethod.Get, "experiments", alice + "%0a", null, "Basic");
        await SendAsync(server, HttpMethod.Post, "experiments", alice, $$"""{"name":"{{alice}}"}"""[..^3]);

        var lines = await File.ReadAllLinesAsync(file, Token);
        var events = lines.Select(line => JsonSerializer.Deserialize<AuditEvent>(line, JsonSerializerOptions.Web)!).ToList();
        Assert.Equal(
            [
                ("alice", "POST /api/v1/experiments", "leaves-3f9a", "done", 201),
                ("bob", "POST /api/v1/experiments/{id}/cancel", "leaves-3f9a", "refused", 403),
                (null, "POST /api/v1/experiments/{id}/cancel", "leaves-3f9a", "refused", 401),
                ("alice", "POST /api/v1/experiments/{id}/cancel", "roses", "rejected", 404),
                (null, "GET /api/v1/experiments", null, "refused", 401),
                ("alice", "POST /api/v1/experiments", null, "rejected", 400),
            ],
            events.Select(one => (one.Caller, one.Action, one.Object, one.Outcome, one.Status)));
        Assert.All(events, one => Assert.Equal((s_now, "n1", "127.0.0.1"), (one.Time, one.Node, one.From)));
        Assert.Equal((ApiKey.IdOf(alice), "operator", "key"), (events[0].Key, events[0].Role, events[0].Kind));
        Assert.Contains("alice (", server.Log.Text);
        Assert.Contains(AuditTrail.Category, server.Log.Text);

        foreach (var log in (string[])[server.Log.Text, string.Concat(lines), await File.ReadAllTextAsync(_keys.Path, Token)])
        {
            foreach (var secret in (string[])[alice, bob, stranger]) Assert.DoesNotContain(secret[^43..], log);
        }
    }

    [Fact]
    public async Task An_audit_log_that_was_moved_away_is_begun_anew_and_one_that_cannot_be_written_is_refused_at_the_start()
    {
        var key = _keys.Add("alice", ApiRole.Operator);
        var file = _keys.In("audit.jsonl");
        await using var server = await ApiServer.StartAsync(new() { KeysFile = _keys.Path, AuditFile = file }, _time);
        await SendAsync(server, HttpMethod.Post, "experiments", key, Recipe);
        File.Move(file, file + ".1");
        await SendAsync(server, HttpMethod.Post, "experiments", key, Recipe);

        Assert.Single(await File.ReadAllLinesAsync(file + ".1", Token));
        Assert.Single(await File.ReadAllLinesAsync(file, Token));
        var refused = await Assert.ThrowsAsync<FormatException>(() => ApiServer.StartAsync(new() { AuditFile = _keys.In("no/such/folder") }));
        Assert.Contains("no/such/folder", refused.Message);
    }

    private Task<ApiServer> StartAsync(RequestLimitOptions? limits = null) => ApiServer.StartAsync(
        new() { KeysFile = _keys.Path, OpenPaths = ["/metrics"], Limits = limits ?? new() }, _time);

    private static void Refresh(ApiServer server)
    {
        foreach (var files in server.Services.GetServices<IWatchedFiles>()) files.Refresh(NullLogger.Instance);
    }

    private static HttpRequestMessage Request(HttpMethod method, string path, string? key, string? body = null, string scheme = "Bearer")
    {
        var request = new HttpRequestMessage(method, path);
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue(scheme, key);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return request;
    }

    private static async Task<(HttpStatusCode Status, string? Message)> SendAsync(
        ApiServer server, HttpMethod method, string path, string? key, string? body = null, string scheme = "Bearer")
    {
        using var response = await server.Http.SendAsync(Request(method, path, key, body, scheme), Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        var message = text.StartsWith('{') && JsonElement.Parse(text).TryGetProperty("message", out var found) ? found.GetString() : null;
        return (response.StatusCode, message);
    }
}
