using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Scheduling;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Gateway;
using OrleansTransfer.Host.Health;
using OrleansTransfer.Host.Membership;
using OrleansTransfer.Host.Security;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host;

/// <summary>A running node. Disposing it shuts the node down in order.</summary>
public sealed class NodeHost : IAsyncDisposable
{
    private const int EphemeralAttempts = 5;
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_readinessPoll = TimeSpan.FromMilliseconds(20);

    // A node whose cluster is gone cannot say goodbye to it; waiting longer serves nobody.
    private static readonly TimeSpan s_faultedShutdown = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly NodeFault _fault;
    private readonly Lazy<Task> _stopped;

    private NodeHost(WebApplication app, NodePorts ports, NodeIdentity identity)
    {
        (_app, _fault) = (app, app.Services.GetRequiredService<NodeFault>());
        (Name, Http, Devices) = (identity.Name, identity.Http, identity.Devices);
        Silo = new IPEndPoint(ports.Address, ports.Silo).ToString();
        Gateway = new IPEndPoint(ports.Address, ports.Gateway).ToString();
        _stopped = new(StopAsync);
    }

    /// <summary>Name of the node.</summary>
    public string Name { get; }

    /// <summary><c>host:port</c> where other nodes join.</summary>
    public string Silo { get; }

    /// <summary><c>host:port</c> where Orleans clients connect.</summary>
    public string Gateway { get; }

    /// <summary>Address of API, health and metrics: <c>http://host:port</c>.</summary>
    public string Http { get; }

    /// <summary>Devices it offers.</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>The node's services, for a command that runs in the same process.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Why the node stopped although nobody asked it to, in a sentence; null while all is well.</summary>
    public string? Fault => _fault.Reason;

    /// <summary>What a node's process prints on standard output once it is ready: one line of JSON.</summary>
    public string ReadyLine =>
        JsonSerializer.Serialize(new { Event = "ready", Node = Name, Silo, Gateway, Http, Devices }, ApiJson.Options);

    /// <summary>What a node's process prints on standard error once it is told to stop.</summary>
    public string LeavingLine => $"Node {Name} leaves the cluster; Ctrl-C again ends it at once.";

    /// <summary>Starts a node and returns when it is ready to take work.</summary>
    /// <exception cref="NodeStartException">It cannot start; nothing of it is left running.</exception>
    public static async Task<NodeHost> StartAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        Allocator.KeepLargeBlocks();
        var devices = ReadDevices(options);
        var ports = NodePorts.Choose(options);
        NodeAccess.Check(options.Security, ports.Address);
        CheckName(options.ClusterId, "a cluster");
        var certificates = ReadCertificates(options.Security.Tls);
        var entry = await ClusterEntry.ReachAsync(options, certificates, cancellationToken);
        var container = await StateLocation.OpenAsync(options.StateLocation, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartAsync(options, ports, devices, container, entry, certificates, cancellationToken);
            }
            catch (Exception exception) when (options.EphemeralPorts && attempt < EphemeralAttempts && IsPortTaken(exception))
            {
                // Someone took a port between choosing and opening it.
                ports = NodePorts.Choose(options);
            }
        }
    }

    /// <summary>
    /// Waits until the node stops, because <paramref name="cancellationToken"/> asks for it or because of a <see cref="Fault"/>.
    /// </summary>
    public async Task WaitForShutdownAsync(CancellationToken cancellationToken)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (_app.Lifetime.ApplicationStopping.Register(() => stopping.TrySetResult()))
        await using (cancellationToken.Register(() => stopping.TrySetResult()))
            await stopping.Task;
        await _stopped.Value;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopped.Value;
        var disposed = _app.DisposeAsync().AsTask();
        await (Fault is null ? disposed : Task.WhenAny(disposed, Task.Delay(s_faultedShutdown)));
    }

    private static async Task<NodeHost> StartAsync(
        NodeOptions options,
        NodePorts ports,
        IReadOnlyList<string> devices,
        IBlobContainer container,
        ClusterEntry entry,
        NodeCertificates? certificates,
        CancellationToken cancellationToken)
    {
        var identity = new NodeIdentity(
            NodeName(options, ports),
            $"http://{new IPEndPoint(ports.Address, ports.Http)}",
            devices,
            StateLocation.CacheFolder(options.StateLocation));
        var app = NodeComposition.Build(options, ports, identity, container, entry, certificates);
        var node = new NodeHost(app, ports, identity);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        deadline.CancelAfter(s_startDeadline);
        try
        {
            await app.StartAsync(deadline.Token);
            await WaitUntilReadyAsync(app.Services, deadline.Token);
            return node;
        }
        catch (Exception exception)
        {
            var trouble = app.Services.GetService<TlsTroubles>()?.LastOutgoing;
            await AbandonAsync(app);
            if (exception is NodeStartException || cancellationToken.IsCancellationRequested) throw;
            if (node.Fault is { } fault) throw new NodeStartException(fault, exception);
            if (IsPortTaken(exception))
            {
                if (options.EphemeralPorts) throw;
                throw new NodeStartException(
                    $"Another process took one of the ports {ports.Silo}, {ports.Gateway} or {ports.Http} while the node started." +
                    " Choose others with --port-offset.",
                    exception);
            }

            throw new NodeStartException(
                (deadline.IsCancellationRequested ? Join(entry.NotAdmitted(s_startDeadline), trouble) : null)
                    ?? $"The node did not start: {exception.GetBaseException().Message}",
                exception);
        }
    }

    private static IReadOnlyList<string> ReadDevices(NodeOptions options)
    {
        try
        {
            return DeviceDiscovery.Parse(options.Devices);
        }
        catch (FormatException exception)
        {
            throw new NodeStartException(exception.Message, exception);
        }
    }

    private static NodeCertificates? ReadCertificates(TlsFiles? files)
    {
        try
        {
            return files is null ? null : new(files, TimeProvider.System);
        }
        catch (FormatException exception)
        {
            throw new NodeStartException(exception.Message, exception);
        }
    }

    private static string? Join(string? sentence, string? another) => sentence is null || another is null ? sentence : $"{sentence} {another}";

    private static string NodeName(NodeOptions options, NodePorts ports)
    {
        if (options.Name is not { } name) return $"{Environment.MachineName.ToLowerInvariant()}-{ports.Silo}";
        CheckName(name, "a node");
        return name;
    }

    private static void CheckName(string name, string what)
    {
        if (name.Length is 0 or > 63 || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
            throw new NodeStartException($"'{name}' cannot name {what}: a name has 1 to 63 ASCII letters, digits, '-', '_' or '.'.");
    }

    private static async Task WaitUntilReadyAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var (readiness, offer) = (services.GetRequiredService<Readiness>(), services.GetRequiredService<NodeOfferService>());
        while (await readiness.CheckAsync(cancellationToken) is not null)
        {
            if (offer.Refusal is { } refusal) throw new NodeStartException($"The cluster does not accept this node: {refusal}.");
            await Task.Delay(s_readinessPoll, cancellationToken);
        }
    }

    private static bool IsPortTaken(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }) return true;
            if (cause is AggregateException several && several.InnerExceptions.Any(IsPortTaken)) return true;
        }

        return false;
    }

    private static async Task AbandonAsync(WebApplication app)
    {
        using var patience = new CancellationTokenSource(s_faultedShutdown);
        try
        {
            await app.StopAsync(patience.Token);
        }
        catch (Exception)
        {
            // The reason why the node did not start is what the user has to hear, not what went wrong while clearing up after it.
        }

        await app.DisposeAsync();
    }

    private async Task StopAsync()
    {
        using var patience = new CancellationTokenSource(Fault is null ? NodeComposition.ShutdownTimeout : s_faultedShutdown);
        try
        {
            await _app.StopAsync(patience.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            // Out of time: what has not stopped ends with the process.
        }
    }
}
