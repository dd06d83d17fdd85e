using System.Reflection;
using OrleansTransfer.Contracts.Scheduling;

namespace OrleansTransfer.Gateway.Tests;

/// <summary>A grain factory that knows a scheduler with a fixed status and nothing else.</summary>
public class FakeGrains : DispatchProxy
{
    private ClusterStatus _status = null!;

    public static IGrainFactory Create(ClusterStatus status) => Create<IGrainFactory>(status);

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name switch
    {
        nameof(IGrainFactory.GetGrain) when targetMethod.ReturnType == typeof(ISchedulerGrain) => Create<ISchedulerGrain>(_status),
        nameof(ISchedulerGrain.GetStatus) => Task.FromResult(_status),
        _ => throw new NotSupportedException(targetMethod.Name),
    };

    private static T Create<T>(ClusterStatus status)
        where T : class
    {
        var proxy = Create<T, FakeGrains>();
        ((FakeGrains)(object)proxy)._status = status;
        return proxy;
    }
}
