using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Tests.Api;

/// <summary>Commands against a node that asks for a key, or for patience.</summary>
public sealed class ApiKeyTests : IAsyncLifetime
{
    private readonly string _file = Path.GetTempFileName();
    private readonly List<string> _seen = [];
    private WebApplication _node = null!;
    private int _busy;

    private string Url => _node.Urls.Single();

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _node = builder.Build();
        _node.MapGet("/api/v1/experiments", (HttpContext context) =>
        {
            lock (_seen) _seen.Add(context.Request.Headers.Authorization.ToString());
            if (Interlocked.Decrement(ref _busy) >= 0)
            {
                context.Response.Headers.RetryAfter = "1";
                return Results.Json(new ErrorMessage("Too often."), ApiJson.Options, statusCode: 429);
            }
            return context.Request.Headers.Authorization == "Bearer otx_good"
                ? Results.Json(Array.Empty<object>())
                : Results.Json(new ErrorMessage("The API key 'bob' expired."), ApiJson.Options, statusCode: 401);
        });
        await _node.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        File.Delete(_file);
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_key_from_a_file_is_sent()
    {
        await File.WriteAllTextAsync(_file, "otx_good\n", TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.Done, (await RunAsync("--api-key-file", _file)).Code);
        Assert.Equal(["Bearer otx_good"], _seen);
    }

    [Fact]
    public async Task A_refused_key_is_wrong_input_and_the_nodes_reason_is_shown()
    {
        await File.WriteAllTextAsync(_file, "otx_bad", TestContext.Current.CancellationToken);
        var (code, streams) = await RunAsync("--api-key-file", _file);
        Assert.Equal((ExitCodes.WrongInput, "error: The API key 'bob' expired."), (code, streams.LastErrorLine));
        Assert.DoesNotContain("otx_bad", streams.ErrorText);
    }

    [Fact]
    public async Task A_node_that_asks_for_a_pause_gets_it()
    {
        await File.WriteAllTextAsync(_file, "otx_good", TestContext.Current.CancellationToken);
        _busy = 1;
        Assert.Equal(ExitCodes.Done, (await RunAsync("--api-key-file", _file)).Code);
        Assert.Equal(2, _seen.Count);
    }

    [Fact]
    public async Task A_key_that_crosses_a_network_in_the_clear_is_warned_of()
    {
        await File.WriteAllTextAsync(_file, "otx_good", TestContext.Current.CancellationToken);
        Assert.DoesNotContain("unencrypted", (await RunAsync("--api-key-file", _file)).Streams.ErrorText);
        foreach (var (address, warned) in ((string, bool)[])[("http://otx.invalid", true), ("https://otx.invalid", false)])
        {
            var streams = new RecordedStreams();
            string[] command = ["experiments", "list", "--cluster", address, "--api-key-file", _file];
            Assert.Equal(ExitCodes.Unreachable, await CliApplication.RunAsync(command, streams, TestContext.Current.CancellationToken));
            Assert.Equal(
                warned,
                streams.ErrorText.Contains(
                    $"warning: The API key crosses the network unencrypted, for {address} is no https:// address.", StringComparison.Ordinal));
            Assert.DoesNotContain("otx_good", streams.ErrorText);
        }
    }

    [Theory]
    [InlineData("nowhere.pem", "cannot be read from 'nowhere.pem'")]
    [InlineData(null, "holds no certificate in PEM")]
    public async Task Authorities_that_cannot_be_read_are_wrong_input(string? file, string expected)
    {
        var (code, streams) = await RunAsync("--cluster-ca", file ?? _file);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains(expected, streams.LastErrorLine);
        Assert.Empty(_seen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("two\nlines")]
    public async Task A_file_that_holds_no_key_is_named_and_not_shown(string content)
    {
        await File.WriteAllTextAsync(_file, content, TestContext.Current.CancellationToken);
        var (code, streams) = await RunAsync("--api-key-file", _file);
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains(_file, streams.LastErrorLine);
        Assert.DoesNotContain("two", streams.ErrorText.Replace(_file, "", StringComparison.Ordinal));
        Assert.Empty(_seen);
    }

    private async Task<(int Code, RecordedStreams Streams)> RunAsync(params string[] arguments)
    {
        var streams = new RecordedStreams();
        string[] command = ["experiments", "list", "--cluster", Url, .. arguments];
        return (await CliApplication.RunAsync(command, streams, TestContext.Current.CancellationToken), streams);
    }
}
