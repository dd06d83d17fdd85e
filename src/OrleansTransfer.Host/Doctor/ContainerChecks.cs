using System.Diagnostics;
using System.Security.Cryptography;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Host.Doctor;

/// <summary>The container of the cluster's state: all that experiments do with it is tried on one small blob, which is deleted again.</summary>
internal static class ContainerChecks
{
    private const string Name = "state";
    private const int ProbeBytes = 64 * 1024;

    // A hundred writes of history and state go into an hour of training; a second for each is a container that is far away.
    private static readonly TimeSpan s_slow = TimeSpan.FromSeconds(1);

    public static async Task<IReadOnlyList<CheckResult>> MakeAsync(string location, CancellationToken cancellationToken)
    {
        IBlobContainer container;
        try
        {
            container = BlobContainers.Open(location);
        }
        catch (ArgumentException exception)
        {
            // The parameter's name, which .NET appends, says nothing to users.
            var message = exception.Message.Split(" (Parameter", 2)[0];
            return [CheckResult.Failed(Name, message, "Correct --state or OTX_BLOB_CONNECTION.")];
        }

        var blob = $"doctor-{Guid.NewGuid():N}";
        try
        {
            return await TryAsync(container, blob, StateLocation.LocalFolder(location) is null, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [CheckResult.Failed(Name, exception.Message, FixFor(exception.Message))];
        }
        finally
        {
            await DeleteAsync(container, blob);
        }
    }

    private static async Task<IReadOnlyList<CheckResult>> TryAsync(
        IBlobContainer container, string blob, bool remote, CancellationToken cancellationToken)
    {
        var content = RandomNumberGenerator.GetBytes(ProbeBytes);
        var started = Stopwatch.GetTimestamp();
        var tag = await WriteAsync(container, blob, content, BlobCondition.IfNew, cancellationToken);
        var written = Stopwatch.GetElapsedTime(started);
        started = Stopwatch.GetTimestamp();
        if (await container.ReadAsync(blob, cancellationToken) is not { } read || !read.Content.ToMemory().Span.SequenceEqual(content))
        {
            return
            [
                CheckResult.Failed(Name, $"{container.Description} did not return what was written to it",
                    "Use a container that nothing else writes to, rewrites or caches."),
            ];
        }

        var taken = Stopwatch.GetElapsedTime(started);
        if (await RefusesAsync(container, blob, content, BlobCondition.IfNew, cancellationToken) is false)
            return [Unconditional(container, "a blob was created twice")];
        await WriteAsync(container, blob, content, BlobCondition.IfMatch(tag), cancellationToken);
        if (await RefusesAsync(container, blob, content, BlobCondition.IfMatch(tag), cancellationToken) is false)
            return [Unconditional(container, "a write with an old tag was accepted")];

        var found = $"{container.Description}: written in {written.TotalMilliseconds:0} ms, read in {taken.TotalMilliseconds:0} ms, conditions hold";
        var state = written > s_slow || taken > s_slow
            ? CheckResult.Warning(Name, found, "Use a container near the nodes: every checkpoint and every change of a run waits for it.")
            : CheckResult.Ok(Name, found);
        return remote ? [state, await CompareClocksAsync(container, blob, content, cancellationToken)] : [state];
    }

    private static async Task<CheckResult> CompareClocksAsync(
        IBlobContainer container, string blob, byte[] content, CancellationToken cancellationToken)
    {
        var before = DateTimeOffset.UtcNow;
        await WriteAsync(container, blob, content, BlobCondition.None, cancellationToken);
        var after = DateTimeOffset.UtcNow;
        await foreach (var entry in container.ListAsync(blob, cancellationToken))
            return ClockSkew.Of(before, entry.Modified, after, TimeSpan.FromSeconds(1)).ToResult("clock", "the container's");
        return CheckResult.Failed(
            Name, $"{container.Description} does not list a blob that was just written", "Use a container with consistent listings.");
    }

    private static CheckResult Unconditional(IBlobContainer container, string what) => CheckResult.Failed(
        Name, $"{container.Description} ignores conditions: {what}",
        "Use Azure Blob Storage or a local file system; without conditions two nodes could own one run.");

    private static async Task<bool> RefusesAsync(
        IBlobContainer container, string blob, byte[] content, BlobCondition condition, CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(container, blob, content, condition, cancellationToken);
            return false;
        }
        catch (BlobConflictException)
        {
            return true;
        }
    }

    private static async Task<string> WriteAsync(
        IBlobContainer container, string blob, byte[] content, BlobCondition condition, CancellationToken cancellationToken)
    {
        using var stream = new MemoryStream(content, writable: false);
        return await container.WriteAsync(blob, stream, condition, cancellationToken);
    }

    private static async Task DeleteAsync(IBlobContainer container, string blob)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await container.DeleteAsync(blob, BlobCondition.None, patience.Token);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            // Why has been told already, or the blob was never written.
        }
    }

    private static string FixFor(string message) => message switch
    {
        _ when message.Contains(" 403 ", StringComparison.Ordinal) =>
            "Renew the key or the signature in OTX_BLOB_CONNECTION, or give the identity the role Storage Blob Data Contributor; check the clock too.",
        _ when message.Contains(" 404 ", StringComparison.Ordinal) => "Create the container, or correct its name in --state.",
        _ when message.Contains("cannot be reached", StringComparison.Ordinal) =>
            "Check the account's name, DNS, private endpoints and network policies from this machine.",
        _ when message.Contains("Signing in", StringComparison.Ordinal) =>
            "Give this machine a workload or managed identity, or a connection string in OTX_BLOB_CONNECTION.",
        _ when message.Contains("No space", StringComparison.Ordinal) => "Free space there, or choose another place with --state.",
        _ => "Give this user the right to write there, or choose another place with --state.",
    };
}
