using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace OrleansTransfer.Gateway.Access;

/// <summary>
/// Stands before everything that a node serves: finds out who asks, whether they may, and whether they ask too often, and keeps what they did. What
/// is not marked as open to all asks for a role, whatever it is.
/// </summary>
internal sealed class AccessControl(RequestDelegate next, AccessOptions options, AccessServices services, AuditTrail audit, TimeProvider time)
{
    private const string Bearer = "Bearer ";
    private static readonly TimeSpan s_streamPause = TimeSpan.FromSeconds(5);

    /// <summary>Answers or passes on a request.</summary>
    public async Task InvokeAsync(HttpContext context)
    {
        var (request, endpoint) = (context.Request, context.GetEndpoint());
        if (endpoint?.Metadata.GetMetadata<IAllowAnonymous>() is not null || options.OpenPaths.Contains(request.Path.Value, StringComparer.Ordinal))
        {
            await next(context);
            return;
        }

        var address = context.Connection.RemoteIpAddress;
        var (caller, refusal) = options.Anonymous ? Caller.Anonymous : await IdentifyAsync(context);
        if (caller is null)
        {
            if (services.Limits.CountRefusal(address) is { } pause)
                await TooOftenAsync(context, null, pause, "There were too many requests without a valid key from this address.");
            else await RefuseAsync(context, null, StatusCodes.Status401Unauthorized, refusal!);
            return;
        }
        if (options.LoopbackOnly && ForeignOrigin(request) is { } foreign)
        {
            await RefuseAsync(context, caller, StatusCodes.Status403Forbidden, foreign);
            return;
        }
        var needed = endpoint?.Metadata.GetMetadata<RequiredRole>()?.Role ?? RoleFor(request.Method);
        if (caller.Role < needed)
        {
            await RefuseAsync(context, caller, StatusCodes.Status403Forbidden,
                $"{caller.Description} has the role {caller.Role.Name()}; {request.Method} {request.Path} asks for the role {needed.Name()}.");
            return;
        }
        if (services.Limits.Count(caller, address) is { } wait)
        {
            var most = options.Limits.RequestsPerSecond ?? RequestLimitOptions.UsualRequestsPerSecond;
            await TooOftenAsync(context, caller, wait, $"{caller.Description} sends more than {most} requests per second.");
            return;
        }
        if (!IsStream(request))
        {
            await PassOnAsync(context, caller);
            return;
        }
        using var following = services.Limits.Follow(caller, address);
        if (following is not null)
        {
            await PassOnAsync(context, caller);
            return;
        }
        var streams = options.Limits.StreamsPerCaller;
        await TooOftenAsync(context, caller, s_streamPause, $"{caller.Description} follows {streams} streams of events already.");
    }

    /// <summary>The role that a method asks for where an endpoint does not say.</summary>
    internal static ApiRole RoleFor(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsHead(method) ? ApiRole.Viewer : HttpMethods.IsPost(method) ? ApiRole.Operator : ApiRole.Admin;

    private async Task<Identification> IdentifyAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            return Identification.Refused(services.Keys is null
                ? "This cluster asks who you are: send a JSON web token as 'Authorization: Bearer ...' (OTX_API_KEY takes one, too)."
                : "This cluster asks who you are: set OTX_API_KEY, or give --api-key-file. Its administrator makes keys (otx keys create).");
        }
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            return Identification.Refused("The header Authorization is not of the form 'Bearer KEY'.");
        var token = header[Bearer.Length..].Trim();
        var isKey = services.Jwt is null || token.StartsWith(ApiKey.Prefix, StringComparison.Ordinal);
        return services.Keys is { } keys && isKey ? keys.Identify(token) : await services.Jwt!.IdentifyAsync(context);
    }

    private async Task PassOnAsync(HttpContext context, Caller caller)
    {
        var answered = false;
        try
        {
            await next(context);
            answered = true;
        }
        finally
        {
            // Looking changes nothing, and is too much to keep; taking a model away is neither.
            var request = context.Request;
            if (RoleFor(request.Method) > ApiRole.Viewer || request.RouteValues.ContainsKey("file"))
                Keep(context, caller, answered ? context.Response.StatusCode : StatusCodes.Status500InternalServerError, null);
        }
    }

    private Task RefuseAsync(HttpContext context, Caller? caller, int status, string reason)
    {
        Keep(context, caller, status, reason);
        return AnswerAsync(context, status, reason);
    }

    private static async Task AnswerAsync(HttpContext context, int status, string reason)
    {
        if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer realm=\"OrleansTransfer\"";
        context.Response.StatusCode = status;
        await context.Response.WriteAsJsonAsync(new ErrorMessage(reason), ApiJson.Options, context.RequestAborted);
    }

    private Task TooOftenAsync(HttpContext context, Caller? caller, TimeSpan pause, string reason)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(pause.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers.RetryAfter = seconds;
        var sentence = $"{reason} Try again in {seconds} s.";
        // Once a minute of each: whoever sends too much must not fill the disk with it.
        return services.Limits.IsFirstOfItsMinute(caller, context.Connection.RemoteIpAddress)
            ? RefuseAsync(context, caller, StatusCodes.Status429TooManyRequests, sentence)
            : AnswerAsync(context, StatusCodes.Status429TooManyRequests, sentence);
    }

    private void Keep(HttpContext context, Caller? caller, int status, string? reason)
    {
        var request = context.Request;
        var action = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? request.Path.Value;
        var outcome = status switch
        {
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status429TooManyRequests => "refused",
            >= StatusCodes.Status500InternalServerError => "failed",
            >= StatusCodes.Status400BadRequest => "rejected",
            _ => "done",
        };
        audit.Write(new(
            time.GetUtcNow(), options.Node, caller?.Name, caller?.Kind, caller?.Id, caller?.Role.Name(),
            context.Connection.RemoteIpAddress?.ToString(), $"{request.Method} {action}", ObjectOf(context), outcome, status, reason));
    }

    // The id in the path, or that of what was made.
    private static string? ObjectOf(HttpContext context)
    {
        var made = context.Response.Headers.Location.ToString();
        var id = context.Request.RouteValues["id"] as string ?? (made.Length > 0 ? made[(made.LastIndexOf('/') + 1)..] : null);
        return context.Request.RouteValues["file"] is string file ? $"{id}/{file}" : id;
    }

    // Routes take a slash at the end, too, and letters of any case.
    private static bool IsStream(HttpRequest request) =>
        request.Path.Value?.TrimEnd('/').EndsWith("/events", StringComparison.OrdinalIgnoreCase) == true;

    private static string? ForeignOrigin(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host))
            return $"This node answers on this machine only, and not as '{request.Host.Host}': call it 127.0.0.1, or start it with --api-keys.";
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority == request.Host.Value) ? null
            : $"Web pages of '{origin}' may not use this node.";
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
