using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace OrleansTransfer.Learning.Weights.Cache;

/// <summary>
/// Fetches one file: attempt after attempt until it is whole, each going on where the last one ended if the server still has the same file, and
/// checks it. What an interruption leaves is taken up by the next download of the same file.
/// </summary>
/// <param name="http">A client that neither follows redirects nor limits the whole time.</param>
/// <param name="options">Patience.</param>
/// <param name="time">Clock.</param>
/// <param name="request">What to fetch.</param>
/// <param name="progress">Is told, or null.</param>
internal sealed class WeightDownload(
    HttpClient http, DownloadOptions options, TimeProvider time, DownloadRequest request, IProgress<WeightProgress>? progress)
{
    private const int BufferBytes = 1 << 17, MarkupBytes = 16;

    private readonly SpeedMeter _speed = new(time);
    private readonly string _shownUrl = UrlText.Shown(request.Url);

    /// <summary>
    /// Fetches the file into <paramref name="partialPath"/> and publishes it with <paramref name="publish"/> once it is whole and checked.
    /// </summary>
    /// <exception cref="WeightDownloadException">It cannot be had; says why, what was tried, and what to do.</exception>
    /// <exception cref="OperationCanceledException">Interrupted; the part that came stays.</exception>
    public async Task RunAsync(string partialPath, Action<PartialFile, DownloadedFile> publish, CancellationToken cancellationToken)
    {
        try
        {
            using var partial = await PartialFile.OpenAsync(partialPath, request.Url, cancellationToken).ConfigureAwait(false);
            await FetchAsync(partial, cancellationToken).ConfigureAwait(false);
            var hashes = partial.Hashes();
            if (Contradiction(partial, hashes) is { } contradiction)
            {
                // A proxy's or disk's mistake may be gone the next time; a forged or replaced file is not.
                Report(WeightProgressKind.Trouble, partial, $"the file came damaged: {contradiction}; it was deleted and is fetched anew.");
                partial.Discard();
                await FetchAsync(partial, cancellationToken).ConfigureAwait(false);
                hashes = partial.Hashes();
                if (Contradiction(partial, hashes) is { } again)
                {
                    partial.Delete();
                    throw Give($"the file came damaged twice: {again}. It was deleted; somebody may have replaced it on the way");
                }
            }
            var length = partial.Length;
            publish(partial, new(hashes.Sha256, length, partial.Origin?.Sha256 is not null));
            progress?.Report(new(
                request.Name, WeightProgressKind.Finished, length, length, 0, $"{request.Name}: {Megabytes(length)}, SHA-256 {hashes.Sha256}."));
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            throw new WeightDownloadException(
                $"{request.Name} does not fit on the disk of '{Path.GetDirectoryName(partialPath)}': {e.Message}. " +
                "Free some space, or set OTX_CACHE to a folder on another disk.",
                e);
        }
    }

    private async Task FetchAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        var (failures, furthest) = (0, partial.Length);
        while (true)
        {
            try
            {
                await AttemptAsync(partial, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (DownloadFailureException e) when (e.Passing)
            {
                // Attempts that bring the file forward do not use up patience: a slow line that breaks every minute gets there.
                failures = partial.Length > furthest ? 1 : failures + 1;
                furthest = Math.Max(furthest, partial.Length);
                if (failures >= options.Failures) throw Give($"{e.Message}; {failures} attempts in a row failed", e);
                var pause = options.PauseAfter(failures, e.RetryAfter, Random.Shared.NextDouble());
                Report(WeightProgressKind.Trouble, partial, $"{e.Message}; trying again in {Seconds(pause)}.");
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            }
            catch (DownloadFailureException e)
            {
                partial.Delete();
                throw Give(e.Message, e);
            }
        }
    }

    private async Task AttemptAsync(PartialFile partial, CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(options.StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token);
        try
        {
            var (response, sha256) = await RedirectedRequest.GetAsync(http, request.Url, headers => Prepare(headers, partial), either.Token)
                .ConfigureAwait(false);
            using (response)
            {
                if (!AcceptHead(response, sha256, partial)) return;
                RefuseIfTooLarge(partial);
                Report(WeightProgressKind.Started, partial, Opening(partial));
                await using var body = await response.Content.ReadAsStreamAsync(either.Token).ConfigureAwait(false);
                await CopyAsync(body, partial, stall, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException e) when (stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DownloadFailureException($"nothing came for {Seconds(options.StallTimeout)}", passing: true, inner: e);
        }
        catch (HttpRequestException e) when (e.InnerException is DownloadFailureException refused)
        {
            throw new DownloadFailureException(refused.Message, refused.Passing, inner: e);
        }
        catch (HttpRequestException e)
        {
            throw new DownloadFailureException(e.GetBaseException().Message.TrimEnd('.'), passing: true, inner: e);
        }
        if (partial.Origin?.Total is { } total && partial.Length < total)
            throw new DownloadFailureException($"the connection ended after {partial.Length} of {total} bytes", passing: true);
        if (partial.Length == 0) throw new DownloadFailureException("the answer is empty", passing: true);
    }

    private static void Prepare(HttpRequestHeaders headers, PartialFile partial)
    {
        // Whatever the server thinks of the range: with If-Range it sends the rest only of the very same file, and else all of the new one.
        if (partial is not { Length: > 0, Origin.Validator: { } validator }) return;
        headers.Range = new(partial.Length, null);
        headers.TryAddWithoutValidation("If-Range", validator);
    }

    /// <summary>Decides from an answer's head what its body is; false when there is nothing more to fetch.</summary>
    private bool AcceptHead(HttpResponseMessage response, string? sha256, PartialFile partial)
    {
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK:
                partial.Begin(new(_shownUrl, Validator(response), response.Content.Headers.ContentLength, sha256));
                return true;
            case HttpStatusCode.PartialContent when Continues(response, partial):
                return true;
            case HttpStatusCode.RequestedRangeNotSatisfiable when partial.Origin?.Total == partial.Length:
                return false;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable when partial.Length > 0:
                partial.Discard();
                throw new DownloadFailureException("the server has another file by now", passing: true);
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                throw new DownloadFailureException("there is no such file (404)", passing: false);
            case var status and (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError):
                throw new DownloadFailureException($"the server answered {Words(status)}", passing: true, RetryAfter(response));
            case var status:
                throw new DownloadFailureException($"the server answered {Words(status)}", passing: false);
        }
    }

    private static bool Continues(HttpResponseMessage response, PartialFile partial) =>
        partial.Origin is { } origin
        && response.Content.Headers.ContentRange is { From: { } from, Length: var total } && from == partial.Length
        && (total is null || origin.Total is null || total == origin.Total)
        && (Validator(response) is not { } validator || validator == origin.Validator);

    private async Task CopyAsync(Stream body, PartialFile partial, CancellationTokenSource stall, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        var judged = partial.Length >= MarkupBytes;
        while (true)
        {
            stall.CancelAfter(options.StallTimeout);
            int count;
            try
            {
                count = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or HttpRequestException)
            {
                throw new DownloadFailureException(
                    $"the connection broke after {partial.Length} bytes: {e.GetBaseException().Message.TrimEnd('.')}", passing: true, inner: e);
            }

            // A slow disk is no stalled server.
            stall.CancelAfter(Timeout.InfiniteTimeSpan);
            if (count > 0) await partial.AppendAsync(buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
            if (!judged && (partial.Length >= MarkupBytes || count == 0))
            {
                if (WeightFile.LooksLikeMarkup(partial.Start(MarkupBytes)))
                    throw new DownloadFailureException(
                        "the answer is a web page, not weights: the address is wrong, or a proxy asks for something", passing: false);
                judged = true;
            }
            if (count == 0) return;
            if (_speed.Add(count) is { } speed)
                progress?.Report(new(request.Name, WeightProgressKind.Receiving, partial.Length, partial.Origin?.Total, speed, ""));
        }
    }

    private void RefuseIfTooLarge(PartialFile partial)
    {
        var folder = Path.GetDirectoryName(partial.Path)!;
        if (partial.Origin?.Total is not { } total || options.FreeSpace(folder) is not { } free || total - partial.Length <= free) return;
        throw new WeightDownloadException(
            $"{request.Name} needs {Megabytes(total - partial.Length)} more on the disk of '{folder}', where {Megabytes(free)} are free. " +
            "Free some space, or set OTX_CACHE to a folder on another disk.");
    }

    private string? Contradiction(PartialFile partial, (string Sha256, string Md5) hashes)
    {
        if (partial.Origin?.Sha256 is { } linked && linked != hashes.Sha256)
            return $"its SHA-256 is {hashes.Sha256}, and the server names {linked}";
        return request.Checksums.Select(checksum => checksum.Contradiction(hashes.Sha256, hashes.Md5)).FirstOrDefault(found => found is not null);
    }

    private string Opening(PartialFile partial)
    {
        var size = partial.Origin?.Total is { } total ? Megabytes(total) : "unknown size";
        return partial.Length == 0
            ? $"{size} from {_shownUrl}"
            : $"going on at {Megabytes(partial.Length)} of {size} from {_shownUrl}";
    }

    private void Report(WeightProgressKind kind, PartialFile partial, string text) =>
        progress?.Report(new(request.Name, kind, partial.Length, partial.Origin?.Total, 0, $"{request.Name}: {text}"));

    private WeightDownloadException Give(string reason, Exception? inner = null)
    {
        var message = $"{request.Name} cannot be fetched from {_shownUrl}: {reason}. {request.Otherwise}";
        return inner is null ? new(message) : new(message, inner);
    }

    // Weak ETags name what means the same, not the same bytes.
    private static string? Validator(HttpResponseMessage response) =>
        response.Headers.ETag is { IsWeak: false } tag ? tag.Tag
        : response.Content.Headers.TryGetValues("Last-Modified", out var modified) ? modified.First()
        : null;

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow(),
        _ => null,
    };

    private static string Words(HttpStatusCode status) => $"{(int)status} ({status})";

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s";

    private static string Megabytes(long bytes) => (bytes / 1e6).ToString(bytes < 1e6 ? "0.0##" : "N1", CultureInfo.InvariantCulture) + " MB";

    // ENOSPC and EDQUOT, ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private static bool IsDiskFull(IOException e) =>
        OperatingSystem.IsWindows() ? (e.HResult & 0xFFFF) is 112 or 39 : e.HResult is 28 or 122 or 69;
}

/// <summary>What to fetch.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Url">Where it is.</param>
/// <param name="Checksums">What its bytes must agree with.</param>
/// <param name="Otherwise">Sentences that say what to do when it cannot be had.</param>
internal sealed record DownloadRequest(string Name, Uri Url, IReadOnlyList<Catalogue.WeightChecksum> Checksums, string Otherwise);

/// <summary>What came.</summary>
/// <param name="Sha256">SHA-256 of the file.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="NamedByServer">Whether the server named that SHA-256.</param>
internal sealed record DownloadedFile(string Sha256, long Size, bool NamedByServer);
