using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OrleansTransfer.Tests;

/// <summary>
/// A real HTTP server on a free loopback port whose answers a test writes byte by byte, so that it can misbehave in every way servers and networks
/// do. Each connection serves one request.
/// </summary>
internal sealed class WeightServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopped = new();
    private readonly Func<ServedRequest, Answer, Task> _answer;
    private readonly List<ServedRequest> _requests = [];
    private readonly Task _accepting;

    public WeightServer(Func<ServedRequest, Answer, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>What was asked for so far.</summary>
    public IReadOnlyList<ServedRequest> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    /// <summary>Serves these bytes as a good server does.</summary>
    public static WeightServer Of(byte[] content, string etag = "\"v1\"") => new((request, answer) => answer.FileAsync(request, content, etag));

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopped.Dispose();
    }

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true) serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopped.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Disposed.
        }
        await Task.WhenAll(serving);
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                var stream = client.GetStream();
                if (await ReadAsync(stream) is not { } request) return;
                await _answer(request, new(stream, _stopped.Token));
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The client hung up, or the test is over.
            }
        }
    }

    private async Task<ServedRequest?> ReadAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        if (await reader.ReadLineAsync(_stopped.Token) is not { } first) return null;
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await reader.ReadLineAsync(_stopped.Token) is { Length: > 0 } line)
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        lock (_requests)
        {
            var request = new ServedRequest(_requests.Count + 1, first.Split(' ')[1], headers);
            _requests.Add(request);
            return request;
        }
    }
}

/// <summary>A request.</summary>
/// <param name="Number">From 1, in the order they came.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Headers">By name, whatever their case.</param>
internal sealed record ServedRequest(int Number, string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>First byte of the range that is asked for; 0 when the whole is.</summary>
    public int From => Headers.TryGetValue("Range", out var range)
        ? int.Parse(range["bytes=".Length..].TrimEnd('-'), CultureInfo.InvariantCulture)
        : 0;
}

/// <summary>What a test answers. The connection ends when the test's function does.</summary>
internal sealed class Answer(NetworkStream stream, CancellationToken stopped)
{
    /// <summary>The status line and headers.</summary>
    public async Task HeadAsync(int status, params string[] headers)
    {
        var head = $"HTTP/1.1 {status} X\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), stopped);
    }

    /// <summary>Bytes of the body.</summary>
    public async Task BodyAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, stopped);
        await stream.FlushAsync(stopped);
    }

    /// <summary>Says nothing more until the test is over.</summary>
    public Task StallAsync() => Task.Delay(Timeout.Infinite, stopped);

    /// <summary>A status with an empty body.</summary>
    public Task StatusAsync(int status, params string[] headers) => HeadAsync(status, [.. headers, "Content-Length: 0"]);

    /// <summary>The file or the range of it that is asked for, as a server does that supports ranges.</summary>
    /// <param name="request">With or without a range.</param>
    /// <param name="content">The whole file.</param>
    /// <param name="etag">With its quotes.</param>
    /// <param name="most">Bytes after which the connection breaks.</param>
    public async Task FileAsync(ServedRequest request, byte[] content, string etag, int most = int.MaxValue)
    {
        var from = request.Headers.TryGetValue("If-Range", out var condition) && condition == etag ? request.From : 0;
        if (from >= content.Length)
        {
            await StatusAsync(416, $"Content-Range: bytes */{content.Length}");
            return;
        }
        if (from == 0) await HeadAsync(200, $"Content-Length: {content.Length}", $"ETag: {etag}");
        else
            await HeadAsync(
                206, $"Content-Length: {content.Length - from}", $"ETag: {etag}",
                $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}");
        await BodyAsync(content.AsMemory(from, Math.Min(most, content.Length - from)));
    }
}
