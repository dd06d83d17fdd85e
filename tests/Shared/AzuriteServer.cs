using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Servers;

/// <summary>A real blob service on a free loopback port, which can be stopped and started again with its data.</summary>
internal sealed class AzuriteServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly string _data = Directory.CreateTempSubdirectory("otx-azurite-").FullName;
    private readonly string _program;
    private readonly int _port = FreePort();
    private Process? _process;

    private AzuriteServer(string program) => _program = program;

    /// <summary>The development account, whose key is public.</summary>
    public string ConnectionString =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;" +
        $"AccountKey={AccountKey};" +
        $"BlobEndpoint=http://127.0.0.1:{_port}/devstoreaccount1;";

    /// <summary>The key in <see cref="ConnectionString"/>.</summary>
    public static string AccountKey => "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>Why there can be none here, or null.</summary>
    public static string? Missing => OperatingSystem.IsWindows() ? "The tests start Azurite through a Unix shell."
        : FindProgram() is null ? "Azurite is not installed: run npm ci in tests/azurite."
        : null;

    /// <summary>Starts a service and waits until it answers.</summary>
    public static async Task<AzuriteServer> StartAsync()
    {
        var server = new AzuriteServer(FindProgram() ?? throw new InvalidOperationException(Missing));
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts it again where it was, with the data that it had.</summary>
    public async Task StartAgainAsync()
    {
        // The shell ends the service when its standard input closes, which happens however this process ends.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])[
            "-c", "\"$0\" \"$@\" > /dev/null 2>&1 & service=$!; cat > /dev/null; kill $service; wait $service",
            _program, "--blobHost", "127.0.0.1", "--blobPort", $"{_port}", "--location", _data, "--silent", "--disableTelemetry"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        using var client = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync($"http://127.0.0.1:{_port}/devstoreaccount1?comp=list");
                return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < s_patience)
            {
                await Task.Delay(100);
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

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static string? FindProgram()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "tests", "azurite", "node_modules", ".bin", "azurite-blob");
            if (File.Exists(program)) return program;
        }

        return null;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
