using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OrleansTransfer.Host;
using OrleansTransfer.Soak;

namespace OrleansTransfer.Benchmarks;

/// <summary>A node in a process of its own, which is this program started once more.</summary>
internal sealed partial class BenchmarkNode : ISoakNode
{
    /// <summary>The benchmarks' own word for starting one of their nodes.</summary>
    public const string Word = "node";

    private readonly Process _process;

    private BenchmarkNode(string name, Process process, string silo, string http)
    {
        (Name, _process, Silo, Http) = (name, process, silo, http);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary><c>host:port</c> of the silo.</summary>
    public string Silo { get; }

    /// <summary>Address of the node's HTTP interface.</summary>
    public string Http { get; }

    /// <summary>Memory of the process that is in RAM, in megabytes.</summary>
    public double ResidentMegabytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / 1e6;
        }
    }

    /// <summary>Processor time that the process has taken so far, in seconds.</summary>
    public double ProcessorSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Starts a node with one device and waits until it is ready.</summary>
    /// <param name="name">Name in the cluster.</param>
    /// <param name="join">Silo of the first node; null to be that.</param>
    /// <param name="state">Folder of experiments and checkpoints.</param>
    /// <param name="cores">Cores the process may believe to have; 0 for all. As many are its device's compute threads.</param>
    /// <param name="devices">What it offers; <c>-</c> for what it finds.</param>
    /// <param name="compilesOnce">
    /// Whether methods are compiled with all optimisations when they are first called. Otherwise that goes on beside the work for half a minute,
    /// which a run of hours would not notice.
    /// </param>
    /// <param name="lanes"><c>tcp</c> for those that nodes of several machines have between them.</param>
    /// <exception cref="InvalidOperationException">The process ended before it was ready.</exception>
    public static async Task<BenchmarkNode> StartAsync(
        string name, string? join, string state, int cores = 0, string devices = "cpu:1", bool compilesOnce = false,
        string lanes = "local")
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(BenchmarkNode).Assembly.Location);
        string[] arguments = [Word, "--name", name, "--join", join ?? "-", "--state", state, "--devices", devices, "--lanes", lanes];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        if (cores > 0) start.Environment["DOTNET_PROCESSOR_COUNT"] = cores.ToString(CultureInfo.InvariantCulture);
        if (compilesOnce) start.Environment["DOTNET_TieredCompilation"] = "0";
        var process = Process.Start(start)!;
        return await process.StandardOutput.ReadLineAsync() is { } line && line.Split(' ') is [var silo, var http]
            ? new(name, process, silo, http)
            : throw new InvalidOperationException($"Node {name} ended before it was ready.");
    }

    /// <summary>The node itself, in the process that was started for it, until it is told to stop.</summary>
    public static async Task RunAsync(Options options)
    {
        await using var node = await NodeHost.StartAsync(
            new()
            {
                Name = options.Text("name", ""),
                EphemeralPorts = true,
                // By an address that only leads to it, a node is taken to be on another machine.
                Listen = options.Text("lanes", "local") == "tcp" ? "0.0.0.0" : null,
                Join = options.Text("join", "-") is var join and not "-" ? join : null,
                Devices = options.Text("devices", "cpu:1") is var devices and not "-" ? devices : null,
                StateLocation = options.Text("state", ""),
                QuietLogs = true,
            },
            CancellationToken.None);
        Console.WriteLine($"{node.Silo} {node.Http}");
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        await node.WaitForShutdownAsync(stop.Token);
    }

    /// <summary>Whether the process has loaded a native library.</summary>
    public bool HasLoaded(string library) => File.ReadAllText($"/proc/{_process.Id}/maps").Contains(library, StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Send(int signal) => _ = Kill(_process.Id, signal);

    /// <inheritdoc/>
    public Task EndAsync() => _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);
}
