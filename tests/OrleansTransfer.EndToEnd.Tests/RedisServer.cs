using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orleans.Runtime;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A real Redis server of one test's own, on a free loopback port.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly string? _password;
    private readonly bool _keeps;
    private readonly int _port;
    private Process? _process;

    private RedisServer(string? password, bool keeps) => (_password, _keeps, _port) = (password, keeps, FreePort());

    /// <summary>What <c>--redis</c> takes, without a password.</summary>
    public string Address => $"127.0.0.1:{_port}";

    /// <summary>Starts a server and waits until it answers. Skips the test where Redis is not installed.</summary>
    /// <param name="password">What it asks for; null for nothing.</param>
    /// <param name="keeps">Whether it keeps its data over a restart.</param>
    public static async Task<RedisServer> StartAsync(string? password = null, bool keeps = false)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(folders.Any(folder => File.Exists(Path.Combine(folder, "redis-server"))), "redis-server (a Debian package) is absent.");
        var server = new RedisServer(password, keeps);
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it where it was.</summary>
    public async Task StartAgainAsync()
    {
        // The shell ends the server when its standard input closes, which happens however this process ends.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])[
            "-c", "\"$0\" \"$@\" > /dev/null 2>&1 & server=$!; cat > /dev/null; kill $server; wait $server",
            "redis-server", "--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", _keeps ? "yes" : "no", "--dir", _folder.Path,
            .. _password is null ? (string[])[] : ["--requirepass", _password]])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                await AskAsync("PING");
                return;
            }
            catch (SocketException) when (Stopwatch.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(20);
            }
        }
    }

    /// <summary>Stops it; nothing listens at its port then.</summary>
    public async Task StopAsync()
    {
        if (_process is null) return;
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Makes it forget everything.</summary>
    public Task WipeAsync() => AskAsync("FLUSHALL");

    /// <summary>Names of the nodes that the membership shows with this status, in order; a node that was started again is there twice.</summary>
    public IReadOnlyList<string> Members(SiloStatus status, string clusterId = "otx")
    {
        var answer = AskAsync("HVALS", $"orleanstransfer/members/{clusterId}").GetAwaiter().GetResult();
        var rows = answer.Split("\r\n").Where(line => line.StartsWith('{')).Select(row => JsonDocument.Parse(row).RootElement);
        return [.. rows.Where(row => row.GetProperty("Status").GetInt32() == (int)status)
            .Select(row => row.GetProperty("SiloName").GetString()!).Order(StringComparer.Ordinal)];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    // One command in Redis' protocol; the connection closes behind it, so that the answer ends where the stream does.
    private async Task<string> AskAsync(params string[] command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        await using var stream = client.GetStream();
        string[][] commands = _password is null ? [command, ["QUIT"]] : [["AUTH", _password], command, ["QUIT"]];
        var text = string.Concat(commands.Select(words =>
            $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"))}"));
        await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
