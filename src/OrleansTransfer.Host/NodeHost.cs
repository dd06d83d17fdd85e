using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using OrleansTransfer.Cluster.Hosting;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Gateway;
using OrleansTransfer.Host.Health;
using OrleansTransfer.Host.Logs;
using OrleansTransfer.Host.Membership;
using OrleansTransfer.Host.Security;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host;

/// <summary>A running node. Disposing it shuts the node down in order.</summary>
public sealed partial class NodeHost : IAsyncDisposable
{
    private const int EphemeralAttempts = 5;
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_readinessPoll = TimeSpan.FromMilliseconds(20);

    // A node whose cluster is gone cannot say goodbye to it; waiting longer serves nobody.
    private static readonly TimeSpan s_faultedShutdown = TimeSpan.FromSeconds(3);

    private readonly WebApplication _app;
    private readonly NodeFault _fault;
    private readonly LogGate _log;
    private readonly Lazy<Task> _stopped;
    private readonly NodeRole _role;

    private NodeHost(WebApplication app, NodePorts ports, NodeIdentity identity, NodeRole role)
    {
        (_app, _fault, _log) = (app, app.Services.GetRequiredService<NodeFault>(), app.Services.GetRequiredService<LogGate>());
        (Name, Http, Devices, _role) = (identity.Name, identity.Http, identity.Devices, role);
        Silo = role == NodeRole.Gateway ? "" : new IPEndPoint(ports.Address, ports.Silo).ToString();
        Gateway = role == NodeRole.Gateway ? "" : new IPEndPoint(ports.Address, ports.Gateway).ToString();
        _stopped = new(StopAsync);
    }

    /// <summary>Name of the node.</summary>
    public string Name { get; }

    /// <summary><c>host:port</c> where other nodes join; empty for a gateway.</summary>
    public string Silo { get; }

    /// <summary><c>host:port</c> where Orleans clients connect; empty for a gateway.</summary>
    public string Gateway { get; }

    /// <summary>Address of API, health and metrics: <c>http://host:port</c>, or <c>https://</c>.</summary>
    public string Http { get; }

    /// <summary>Devices it offers.</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>The node's services, for a command that runs in the same process.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Why the node stopped although nobody asked it to, in a sentence; null while all is well.</summary>
    public string? Fault => _fault.Reason;

    /// <summary>What a node's process prints on standard output once it is ready: one line of JSON.</summary>
    public string ReadyLine => JsonSerializer.Serialize(
        new
        {
            Event = "ready",
            Node = Name,
            Silo = OrNull(Silo),
            Gateway = OrNull(Gateway),
            Http,
            Devices,
            Role = _role.ToString().ToLowerInvariant(),
        },
        ApiJson.Options);

    /// <summary>What a node's process prints on standard error once it is told to stop.</summary>
    public string LeavingLine => $"Node {Name} leaves the cluster; Ctrl-C again ends it at once.";

    /// <summary>Starts a node and returns when it is ready to take work.</summary>
    /// <exception cref="NodeStartException">It cannot start; nothing of it is left running.</exception>
    public static async Task<NodeHost> StartAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        Allocator.KeepLargeBlocks();
        var plan = NodePlan.Make(options);
        var ports = plan.Ports;
        var entry = await ClusterEntry.ReachAsync(options, plan.Certificates, cancellationToken);
        var container = await StateLocation.OpenAsync(options.StateLocation, cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await StartAsync(options, plan, ports, container, entry, cancellationToken);
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
        _log.Dispose();
    }

    private static async Task<NodeHost> StartAsync(
        NodeOptions options,
        NodePlan plan,
        NodePorts ports,
        IBlobContainer container,
        ClusterEntry entry,
        CancellationToken cancellationToken)
    {
        var identity = new NodeIdentity(
            NodeName(options, ports),
            $"{(plan.Https is null ? "http" : "https")}://{new IPEndPoint(ports.Address, ports.Http)}",
            plan.Devices,
            StateLocation.CacheFolder(options.StateLocation));
        var app = NodeComposition.Build(options, plan, ports, identity, container, entry);
        var node = new NodeHost(app, ports, identity, options.Role);
        if (NodeAccess.SendsKeysInTheClear(options.Security, ports.Reached)) LogKeysInTheClear(app.Logger, identity.Http);
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

            if (deadline.IsCancellationRequested && Join(entry.NotAdmitted(options.Role, s_startDeadline), trouble) is { } outside)
            {
                throw options.Role == NodeRole.Gateway
                    ? new ClusterNotFoundException(outside, exception)
                    : new NodeStartException(outside, exception);
            }

            throw new NodeStartException($"The node did not start: {exception.GetBaseException().Message}", exception);
        }
    }

    private static string? OrNull(string address) => address.Length > 0 ? address : null;

    private static string? Join(string? sentence, string? another) => sentence is null || another is null ? sentence : $"{sentence} {another}";

    private static string NodeName(NodeOptions options, NodePorts ports)
    {
        var port = options.Role == NodeRole.Gateway ? ports.Http : ports.Silo;
        return options.Name ?? $"{Environment.MachineName.ToLowerInvariant()}-{port}";
    }

    private static async Task WaitUntilReadyAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var readiness = services.GetRequiredService<Readiness>();
        while (await readiness.CheckAsync(cancellationToken) is not null)
        {
            if (readiness.Refusal is { } refusal) throw new NodeStartException($"The cluster does not accept this node: {refusal}.");
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
