using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OrleansTransfer.Deployment.Tests.Image;
using OrleansTransfer.Host;

[assembly: AssemblyFixture(typeof(PublishedProgram))]

namespace OrleansTransfer.Deployment.Tests.Image;

/// <summary>What the Dockerfile's publish step makes, in a folder of its own, made when a test first asks for it.</summary>
public sealed class PublishedProgram : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(8);

    private readonly string _folder = Directory.CreateTempSubdirectory("otx-image-").FullName;
    private readonly Lazy<Task<string>> _published;

    public PublishedProgram() => _published = new(PublishAsync);

    /// <summary>The image's /app.</summary>
    public Task<string> Folder => _published.Value;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> PublishAsync()
    {
        var app = Path.Combine(_folder, "app");
        string[] arguments = [.. Dockerfile.PublishArguments.Select(argument => argument == "/app" ? app : argument)];

        // What the test's own host tells its children must not reach the build, and the build must leave no server behind.
        var environment = System.Environment.GetEnvironmentVariables().Keys.Cast<string>()
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.Ordinal))
            .ToDictionary(name => name, _ => (string?)null);
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["UseSharedCompilation"] = "false";
        (await Tool.RunAsync("dotnet", arguments, environment, s_longest)).Content();
        return app;
    }
}

/// <summary>A node of the published program with the image's variables, on ports of its own. It ends with its owner.</summary>
internal sealed class PublishedNode : IAsyncDisposable
{
    private readonly Process _process;

    private PublishedNode(Process process) => _process = process;

    public static PublishedNode Start(string app, string temporary, int portOffset)
    {
        var start = new ProcessStartInfo(Path.Combine(app, "otx-node"), ["--devices", "cpu:1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = temporary,
        };
        foreach (var (name, value) in Dockerfile.Environment.Where(variable => variable.Key != "PATH"))
            start.Environment[name] = value.Replace("/tmp", temporary, StringComparison.Ordinal);
        start.Environment["TMPDIR"] = temporary;
        start.Environment["OTX_PORT_OFFSET"] = $"{portOffset}";
        return new(Process.Start(start)!);
    }

    /// <summary>An offset whose ports nobody uses.</summary>
    public static int FreeOffset()
    {
        while (true)
        {
            var offset = Random.Shared.Next(1000, 20000);
            if (new[] { NodePorts.DefaultSilo, NodePorts.DefaultGateway, NodePorts.DefaultHttp }.All(port => IsFree(port + offset))) return offset;
        }
    }

    /// <summary>Its first line on standard output; null when it ended without one.</summary>
    public async Task<string?> FirstLineAsync() => await _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);

    /// <summary>Sends SIGTERM and returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        (await Tool.RunAsync("kill", ["-TERM", $"{_process.Id}"])).Content();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var probe = new TcpListener(IPAddress.Loopback, port);
            probe.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
