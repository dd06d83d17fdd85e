using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Gateway.Access;

/// <summary>What access control works with.</summary>
/// <param name="Keys">The API keys; null where there are none.</param>
/// <param name="Jwt">What checks tokens; null where none are taken.</param>
/// <param name="Limits">Counts requests.</param>
internal sealed record AccessServices(ApiKeyRing? Keys, JwtIdentity? Jwt, RequestLimits Limits) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Limits.Dispose();
}

/// <summary>Adds access control to an API.</summary>
public static class AccessRegistration
{
    /// <summary>Reads keys and registers what <see cref="UseApiAccess"/> needs.</summary>
    /// <exception cref="FormatException">A file cannot be read or written, or options contradict each other; says which and why.</exception>
    public static IServiceCollection AddApiAccess(this IServiceCollection services, AccessOptions options, TimeProvider time)
    {
        if (options.AuditFile is { } file) AuditTrail.Check(file);
        var keys = options.KeysFile is { } path ? new ApiKeyRing(path, time) : null;
        var jwt = options.Jwt is { } tokens ? new JwtIdentity(tokens) : null;
        services.TryAddSingleton(time);
        services.AddSingleton(options);
        services.AddSingleton(_ => new AccessServices(keys, jwt, new(options.Limits)));
        services.AddSingleton(provider => new AuditTrail(provider.GetRequiredService<ILoggerFactory>(), options.AuditFile));
        jwt?.Register(services);
        if (keys is not null) services.AddSingleton<IWatchedFiles>(keys.Files);
        if (jwt?.Files is { } jwtKeys) services.AddSingleton<IWatchedFiles>(jwtKeys);
        return services;
    }

    /// <summary>Lets no request through to what is added after this unless its sender may make it.</summary>
    public static IApplicationBuilder UseApiAccess(this IApplicationBuilder app) => app.UseMiddleware<AccessControl>();
}
