using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>A real Prometheus server of one test's own, on a free loopback port, that scrapes nodes every second.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;
    private readonly int _port = FreePort();

    private PrometheusServer(string job, IEnumerable<string> targets)
    {
        var configuration = _folder.Combine("prometheus.json");
        File.WriteAllText(configuration, JsonSerializer.Serialize(new
        {
            global = new { scrape_interval = "1s", evaluation_interval = "1s" },
            scrape_configs = new[] { new { job_name = job, static_configs = new[] { new { targets } } } },
        }));

        // The shell ends the server when its standard input closes, which happens however this process ends.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])[
            "-c", "\"$0\" \"$@\" > /dev/null 2>&1 & server=$!; cat > /dev/null; kill $server; wait $server",
            "prometheus", $"--config.file={configuration}", $"--web.listen-address=127.0.0.1:{_port}",
            $"--storage.tsdb.path={_folder.Combine("data")}"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
    }

    /// <summary>Starts a server that scrapes these addresses. Skips the test where Prometheus is not installed.</summary>
    public static PrometheusServer Start(string job, IEnumerable<string> targets)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        Assert.SkipUnless(folders.Any(folder => File.Exists(Path.Combine(folder, "prometheus"))), "prometheus (a Debian package) is absent.");
        return new(job, targets);
    }

    /// <summary>Values that a query returns now; numbers that JSON lacks are as Prometheus writes them. None while the server starts.</summary>
    public async Task<IReadOnlyList<string>> QueryAsync(string query)
    {
        try
        {
            var address = $"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(query)}";
            using var answer = await s_http.GetAsync(address, TestContext.Current.CancellationToken);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable) return [];
            var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
            Assert.True(answer.IsSuccessStatusCode, $"{query}\n{body}");
            return [.. body.GetProperty("data").GetProperty("result").EnumerateArray().Select(sample => sample.GetProperty("value")[1].GetString()!)];
        }
        catch (HttpRequestException exception) when (exception.InnerException is SocketException)
        {
            return [];
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
