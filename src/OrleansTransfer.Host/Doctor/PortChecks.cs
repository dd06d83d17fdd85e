using System.Net;
using OrleansTransfer.Host.Health;

namespace OrleansTransfer.Host.Doctor;

/// <summary>The addresses and ports at which the node would listen.</summary>
internal static class PortChecks
{
    private const string Name = "ports";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static async Task<IReadOnlyList<CheckResult>> MakeAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        if (NodePorts.Wanted(options, out var problem) is not { } ports)
            return [CheckResult.Failed(Name, problem!, "Correct --advertise or --listen.")];
        var problems = ports.Problems(options).ToList();
        if (problems.Count == 0) return [CheckResult.Ok(Name, $"{ports.Silo}, {ports.Gateway} and {ports.Http} of {ports.Listen} are free")];
        if (await IsNodeAsync("http", ports, cancellationToken) || await IsNodeAsync("https", ports, cancellationToken))
        {
            return
            [
                CheckResult.Warning(Name, $"a node uses {ports.Silo}, {ports.Gateway} and {ports.Http} already",
                    "Nothing, if that is the node you mean; another one on this machine needs another --port-offset."),
            ];
        }

        return [.. problems.Select(what => CheckResult.Failed(
            Name, what, "Find what uses it with ss -ltnp and stop it, or choose others with --port-offset."))];
    }

    private static async Task<bool> IsNodeAsync(string scheme, NodePorts ports, CancellationToken cancellationToken)
    {
        // Whoever it is, it is told nothing: its certificate does not matter.
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var http = new HttpClient(handler) { Timeout = s_patience };
        var host = IPAddress.IsLoopback(ports.Listen) ? ports.Listen : IPAddress.Loopback;
        var address = $"{scheme}://{new IPEndPoint(host, ports.Http)}{HealthEndpoints.Live}";
        try
        {
            return await http.GetStringAsync(address, cancellationToken) == HealthEndpoints.LiveAnswer;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
