using System.Runtime.InteropServices;
using OrleansTransfer.Host;
using OrleansTransfer.Learning.Compute;

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
    stop.Cancel();
}

using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
try
{
    await using var node = await NodeHost.StartAsync(options, stop.Token);
    Console.Out.WriteLine(node.ReadyLine);
    Console.Out.Flush();
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
    return 130;
}
