using System.Runtime.InteropServices;
using OrleansTransfer.Host;
using OrleansTransfer.Learning.Compute;

const int Interrupted = 130;

Allocator.RestartTuned();
NodeOptions options;
try
{
    options = NodeArguments.Parse(args, Environment.GetEnvironmentVariable);
}
catch (NodeStartException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    if (stop.IsCancellationRequested) Environment.Exit(Interrupted);

    // What the token wakes up runs inside Cancel: not on the thread that delivers the second signal.
    _ = Task.Run(stop.Cancel);
}

using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await using var node = await NodeHost.StartAsync(options, stop.Token);
    Console.Out.WriteLine(node.ReadyLine);
    Console.Out.Flush();
    await using (stop.Token.Register(() => Console.Error.WriteLine(node.LeavingLine)))
        await node.WaitForShutdownAsync(stop.Token);
    if (node.Fault is not { } fault) return 0;
    Console.Error.WriteLine(fault);
    return 1;
}
catch (NodeStartException exception)
{
    Console.Error.WriteLine(exception.Message);
    return exception is ClusterNotFoundException ? 3 : 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return Interrupted;
}
