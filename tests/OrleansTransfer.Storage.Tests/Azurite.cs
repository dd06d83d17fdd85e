using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OrleansTransfer.Storage.Tests;

[CollectionDefinition(Name)]
public sealed class AzuriteCollection : ICollectionFixture<Azurite>
{
    public const string Name = "Azurite";
}

/// <summary>A real blob service on a free loopback port, started once for all tests that need it.</summary>
public sealed class Azurite : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _data = new();
    private Process? _process;
    private string? _missing;
    private int _port;

    /// <summary>A container of its own for one test. Skips the test where the service is not installed.</summary>
    public AzureBlobContainer NewContainer()
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return AzureBlobContainer.Create(ConnectionString, $"test-{Guid.NewGuid():N}");
    }

    /// <summary>The development account, whose key is public.</summary>
    public string ConnectionString =>
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;" +
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;" +
        $"BlobEndpoint=http://127.0.0.1:{_port}/devstoreaccount1;";

    public async ValueTask InitializeAsync()
    {
        _missing = OperatingSystem.IsWindows() ? "The tests start Azurite through a Unix shell." : null;
        var program = FindProgram();
        if (program is null)
            _missing ??= "Azurite is not installed: run npm ci in tests/azurite.";
        if (_missing is not null)
            return;
        _port = FreePort();
        // The shell ends the service when its standard input closes, which happens however this process ends.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])[
            "-c", "\"$0\" \"$@\" > /dev/null 2>&1 & service=$!; cat > /dev/null; kill $service; wait $service",
            program!, "--blobHost", "127.0.0.1", "--blobPort", $"{_port}", "--location", _data.Path, "--silent", "--disableTelemetry"])
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start)!;
        await WaitUntilItAnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _data.Dispose();
    }

    private async Task WaitUntilItAnswersAsync()
    {
        using var client = new HttpClient();
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync($"http://127.0.0.1:{_port}/devstoreaccount1?comp=list");
                return;
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(100);
            }
        }
    }

    private static string? FindProgram()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var program = Path.Combine(folder.FullName, "tests", "azurite", "node_modules", ".bin", "azurite-blob");
            if (File.Exists(program))
                return program;
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
