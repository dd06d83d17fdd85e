using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Scheduling;
using OrleansTransfer.Contracts.Sweeps;
using OrleansTransfer.Gateway;

namespace OrleansTransfer.Cli.Api;

/// <summary>A cluster behind the HTTP API of one of its nodes.</summary>
internal sealed class HttpClusterApi : IClusterApi, IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // The server sends a comment every 3 s.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(8);

    // Less than a follower's patience with a lost connection. A frozen node takes connections, which its system does for it, and never answers.
    private static readonly TimeSpan FollowAnswerLimit = TimeSpan.FromSeconds(4);

    // How long a caller that asked too often waits for its turn, all in all.
    private static readonly TimeSpan BusyPatience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;
    private readonly ServerTrust _trust;
    private SweepSnapshot? _looked;

    /// <param name="address">Address of a node, for instance <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="access">What it is shown and taken for; null: no key, and what this machine trusts.</param>
    public HttpClusterApi(Uri address, ApiAccess? access = null)
    {
        Address = address;
        _trust = new(address, access?.Authorities);
        // A submission waits until every picture is checked: no limit on how long an answer takes, only on how long a connection does.
        _http = new(new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, SslOptions = _trust.Options() })
        {
            BaseAddress = new Uri(address.ToString().TrimEnd('/') + "/api/v1/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (access?.Key is not { } apiKey) return;
        try
        {
            _http.DefaultRequestHeaders.Authorization = new("Bearer", apiKey);
        }
        catch (FormatException)
        {
            // Its message would show the key.
            throw new CliException("The API key has characters that no key has. Check OTX_API_KEY or --api-key-file.");
        }
    }

    /// <inheritdoc/>
    public Uri Address { get; }

    /// <inheritdoc/>
    public Task<ExperimentSnapshot> SubmitAsync(Recipe recipe, CancellationToken cancellationToken) =>
        SendAsync<ExperimentSnapshot>(HttpMethod.Post, "experiments", recipe, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ExperimentSnapshot>> ListAsync(CancellationToken cancellationToken) =>
        await SendAsync<List<ExperimentSnapshot>>(HttpMethod.Get, "experiments", null, cancellationToken);

    /// <inheritdoc/>
    public Task<ExperimentSnapshot> FindAsync(string id, CancellationToken cancellationToken) =>
        SendAsync<ExperimentSnapshot>(HttpMethod.Get, Path(id), null, cancellationToken);

    /// <inheritdoc/>
    public Task<ExperimentSnapshot> CancelAsync(string id, CancellationToken cancellationToken) =>
        SendAsync<ExperimentSnapshot>(HttpMethod.Post, $"{Path(id)}/cancel", null, cancellationToken);

    /// <inheritdoc/>
    public Task<ExperimentSnapshot> ResumeAsync(string id, int? epochs, CancellationToken cancellationToken) =>
        SendAsync<ExperimentSnapshot>(HttpMethod.Post, $"{Path(id)}/resume", new ResumeRequest(epochs), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SweepSnapshot>> ListSweepsAsync(CancellationToken cancellationToken) =>
        await SendAsync<List<SweepSnapshot>>(HttpMethod.Get, "sweeps", null, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Of a sweep that is looked at again, only the trials that have changed cross the network.</remarks>
    public async Task<SweepSnapshot> FindSweepAsync(string id, CancellationToken cancellationToken)
    {
        var before = _looked is { Revision.Length: > 0 } looked && looked.Id == id ? looked : null;
        var path = before is null ? SweepPath(id) : $"{SweepPath(id)}?since={Uri.EscapeDataString(before.Revision)}";
        return _looked = (await SendAsync<SweepSnapshot>(HttpMethod.Get, path, null, cancellationToken)).After(before);
    }

    /// <inheritdoc/>
    public Task<SweepPreview> PlanSweepAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken) =>
        SendAsync<SweepPreview>(HttpMethod.Post, "sweeps/plan", new SweepRequest(recipe, search), cancellationToken);

    /// <inheritdoc/>
    public Task<SweepSnapshot> StartSweepAsync(Recipe recipe, SearchRecipe search, CancellationToken cancellationToken) =>
        SendAsync<SweepSnapshot>(HttpMethod.Post, "sweeps", new SweepRequest(recipe, search), cancellationToken);

    /// <inheritdoc/>
    public Task<SweepSnapshot> PauseSweepAsync(string id, CancellationToken cancellationToken) =>
        SendAsync<SweepSnapshot>(HttpMethod.Post, $"{SweepPath(id)}/pause", null, cancellationToken);

    /// <inheritdoc/>
    public Task<SweepSnapshot> ResumeSweepAsync(string id, SweepBudgetRecipe? budget, CancellationToken cancellationToken) =>
        SendAsync<SweepSnapshot>(HttpMethod.Post, $"{SweepPath(id)}/resume", new ResumeSweepRequest(budget), cancellationToken);

    /// <inheritdoc/>
    public Task<SweepSnapshot> CancelSweepAsync(string id, CancellationToken cancellationToken) =>
        SendAsync<SweepSnapshot>(HttpMethod.Post, $"{SweepPath(id)}/cancel", null, cancellationToken);

    /// <inheritdoc/>
    public Task<SweepSnapshot> AddTrialAsync(string id, IReadOnlyDictionary<string, string> parameters, CancellationToken cancellationToken) =>
        SendAsync<SweepSnapshot>(HttpMethod.Post, $"{SweepPath(id)}/trials", new AddTrialRequest(parameters), cancellationToken);

    /// <inheritdoc/>
    public Task<ClusterStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        SendAsync<ClusterStatus>(HttpMethod.Get, "cluster", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BundleFile>> ListBundleAsync(string id, CancellationToken cancellationToken) =>
        (await SendAsync<BundleListing>(HttpMethod.Get, $"{Path(id)}/bundle", null, cancellationToken)).Files;

    /// <inheritdoc/>
    public async Task<Stream> OpenBundleFileAsync(string id, string file, CancellationToken cancellationToken)
    {
        var response = await RequestAsync(HttpMethod.Get, $"{Path(id)}/bundle/{Uri.EscapeDataString(file)}", null, cancellationToken);
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ExperimentEvent> ReadEventsAsync(
        string id, long from, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var path = $"{Path(id)}/events?from={from}&follow={(follow ? "true" : "false")}";
        using var response = await RequestAsync(HttpMethod.Get, path, null, cancellationToken, follow ? FollowAnswerLimit : null);
        await using var stream = new WatchedStream(await response.Content.ReadAsStreamAsync(cancellationToken), SilenceLimit);
        await using var items = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            ExperimentEvent item;
            try
            {
                if (!await items.MoveNextAsync()) yield break;
                if (items.Current.EventType == "error") throw new IOException(Read<ErrorMessage>(items.Current.Data).Message);
                item = Read<ExperimentEvent>(items.Current.Data);
            }
            catch (Exception error) when (IsBroken(error))
            {
                throw new ClusterUnreachableException(Address, $"the connection was lost ({error.Message.TrimEnd('.')})", error);
            }
            catch (JsonException error)
            {
                throw Unexpected(response, error);
            }
            yield return item;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> SendAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var response = await RequestAsync(method, path, body, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(ApiJson.Options, cancellationToken) ?? throw new JsonException("The answer is null.");
        }
        catch (Exception error) when (IsForeign(error))
        {
            throw Unexpected(response, error);
        }
        catch (Exception error) when (IsBroken(error))
        {
            throw new ClusterUnreachableException(Address, $"the connection was lost ({error.Message.TrimEnd('.')})", error);
        }
    }

    /// <summary>An answer that says yes; its content is yet to be read. A node that asks for a pause gets it.</summary>
    private async Task<HttpResponseMessage> RequestAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken, TimeSpan? answerLimit = null)
    {
        for (var waited = TimeSpan.Zero; ;)
        {
            var response = await SendOnceAsync(method, path, body, cancellationToken, answerLimit);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                var pause = response.StatusCode == HttpStatusCode.TooManyRequests ? response.Headers.RetryAfter?.Delta : null;
                waited += pause ?? TimeSpan.Zero;
                if (pause is null || waited > BusyPatience) throw await RefusalAsync(response, cancellationToken);
                await Task.Delay(pause.Value, cancellationToken);
            }
        }
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken, TimeSpan? answerLimit)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (answerLimit is { } longest) limit.CancelAfter(longest);
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: ApiJson.Options);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new ClusterUnreachableException(
                Address, $"it takes the connection and does not answer within {answerLimit!.Value.TotalSeconds:0} s", error);
        }
        catch (Exception error) when (IsBroken(error) || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw Unreachable(error);
        }
    }

    private ClusterUnreachableException Unreachable(Exception error)
    {
        var reason = (error.InnerException ?? error).Message.TrimEnd('.');
        return (error as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.SecureConnectionError when _trust.Refusal is { } refusal => new(Address, refusal, error, _trust.Advice),
            HttpRequestError.SecureConnectionError => new(
                Address, $"it does not answer as HTTPS does ({reason})", error, "Check the address: a node without --https-cert is at http://."),
            HttpRequestError.ResponseEnded when Address.Scheme == "http" => new(
                Address, $"it ends the connection without an answer ({reason})", error,
                "Check the address: a node with --https-cert is at https://."),
            _ => new(Address, reason, error),
        };
    }

    private async Task<Exception> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        Refusal? refusal = null;
        try
        {
            refusal = await response.Content.ReadFromJsonAsync<Refusal>(ApiJson.Options, cancellationToken);
        }
        catch (Exception error) when (IsForeign(error) || IsBroken(error))
        {
            // Not an answer of this API; the status alone must do.
        }

        if (response.StatusCode == HttpStatusCode.BadRequest && refusal?.Problems is { Count: > 0 } problems) return new RecipeException(problems);
        return (response.StatusCode, refusal?.Message) switch
        {
            (_, null) => Unexpected(response, null),
            (HttpStatusCode.TooManyRequests, { } message) => new CliException(message, ExitCodes.Unreachable),
            (HttpStatusCode.ServiceUnavailable, { } message) => new ClusterUnreachableException(Address, message),
            ( < HttpStatusCode.InternalServerError, { } message) => new CliException(message),
            (_, { } message) => new CliException(message, ExitCodes.Failed),
        };
    }

    private static CliException Unexpected(HttpResponseMessage response, Exception? inner)
    {
        var answer = $"{response.RequestMessage!.RequestUri} answered {(int)response.StatusCode} {response.ReasonPhrase}";
        return response.StatusCode >= HttpStatusCode.InternalServerError
            ? new($"{answer}; the log of the node has the details.", ExitCodes.Failed, inner)
            : new($"{answer}, not as a node of this version does. Check the address, and that a node runs there.", ExitCodes.Unreachable, inner);
    }

    /// <summary>The connection broke.</summary>
    private static bool IsBroken(Exception error) => error is HttpRequestException or IOException or TimeoutException;

    /// <summary>The content is not what this API answers.</summary>
    private static bool IsForeign(Exception error) => error is JsonException or InvalidOperationException or NotSupportedException;

    private static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, ApiJson.Options) ?? throw new JsonException("The content is null.");

    private static string Path(string id) => $"experiments/{Uri.EscapeDataString(id)}";

    private static string SweepPath(string id) => $"sweeps/{Uri.EscapeDataString(id)}";

    private sealed record Refusal(IReadOnlyList<RecipeProblem>? Problems, string? Message);
}
