namespace OrleansTransfer.Host.Doctor;

/// <summary>Looks at everything that a node with the given options would need, and starts nothing.</summary>
public static class NodeDoctor
{
    // Longer than a slow answer, shorter than anybody's patience: a check that takes longer has found something.
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    /// <summary>Makes all checks and returns what they found, in a fixed order. No check keeps another from being made.</summary>
    /// <param name="options">Those of the node.</param>
    /// <param name="cancellationToken">Ends the checks.</param>
    public static async Task<IReadOnlyList<CheckResult>> ExamineAsync(NodeOptions options, CancellationToken cancellationToken)
    {
        var results = new List<CheckResult>();
        results.AddRange(await GuardAsync("state", token => ContainerChecks.MakeAsync(options.StateLocation, token), cancellationToken));
        if (options.Redis is { } redis)
            results.AddRange(await GuardAsync("redis", token => RedisChecks.MakeAsync(redis, token), cancellationToken));
        if (options.Join is not null) results.AddRange(await GuardAsync("join", token => JoinCheck.MakeAsync(options, token), cancellationToken));
        results.AddRange(await PortChecks.MakeAsync(options, cancellationToken));
        results.AddRange(SecurityChecks.Make(options));
        results.AddRange(DeviceChecks.Make(options.Devices));
        results.AddRange(MachineChecks.Make(options));
        return results;
    }

    private static async Task<IReadOnlyList<CheckResult>> GuardAsync(
        string name, Func<CancellationToken, Task<IReadOnlyList<CheckResult>>> check, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_deadline);
        try
        {
            return await check(deadline.Token).WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return
            [
                CheckResult.Failed(name, $"no answer within {s_deadline.TotalSeconds:0} s",
                    "Check its address, that it runs, and that firewalls and network policies let this machine through."),
            ];
        }
        catch (NodeStartException exception)
        {
            return [CheckResult.Failed(name, exception.Message, "Correct the option.")];
        }
    }
}
