using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansTransfer.Cluster.Experiments;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Gateway.Access;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Gateway.Tests;

/// <summary>The API on a free loopback port over fakes.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ApiServer(WebApplication app) => _app = app;

    public FakeExperiments Experiments { get; private init; } = null!;

    public FakeContainer Container { get; private init; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    /// <summary>Everything that was logged, at any level.</summary>
    public KeptLog Log { get; private init; } = null!;

    /// <param name="access">Whom it answers; null for everybody.</param>
    /// <param name="time">Clock of access control.</param>
    public static async Task<ApiServer> StartAsync(AccessOptions? access = null, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            if (access is not null) kestrel.Limits.MaxRequestBodySize = access.Limits.BodyBytes;
        });
        KeptLog log = new();
        builder.Logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace);
        builder.Services.AddRoutingCore();
        FakeExperiments experiments = new();
        FakeContainer container = new();
        builder.Services.AddSingleton<IExperimentService>(experiments);
        builder.Services.AddSingleton<IBlobContainer>(container);
        var node = new NodeStatus("n1", "127.0.0.1:1", "http://127.0.0.1:2", [new("cpu:0", null)], "machine", "1", "");
        builder.Services.AddSingleton(FakeGrains.Create(new ClusterStatus([node], [])));
        if (access is not null) builder.Services.AddApiAccess(access, time ?? TimeProvider.System);
        var app = builder.Build();
        if (access is not null) app.UseApiAccess();
        app.MapGet("/open", () => "open").AllowAnonymous();
        app.MapGet("/metrics", () => "metrics");
        app.MapOrleansTransferApi();
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new(app) { Experiments = experiments, Container = container, Log = log, Http = new() { BaseAddress = new(address + "/api/v1/") } };
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Experiments.Events.Writer.TryComplete();
        await _app.DisposeAsync();
    }
}
