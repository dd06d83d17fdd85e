using System.Diagnostics;
using System.Runtime.InteropServices;
using OrleansTransfer.Learning.Compute;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Compute;

/// <summary>A collector that never rests would disturb every other test.</summary>
[CollectionDefinition(nameof(GarbageCollecting), DisableParallelization = true)]
public class GarbageCollecting;

[Collection(nameof(GarbageCollecting))]
public class TensorArithmeticTests
{
    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(2);

    [Fact]
    public void Results_are_those_of_the_operators()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (rand(3), rand(3));
        Assert.Equal((a + b).bytes, a.Plus(b).bytes);
        Assert.Equal((a * 3).bytes, a.Times(3).bytes);
        Assert.Equal((a * 3).bytes, a.clone().MultiplyBy(3).bytes);
        Assert.Equal(a.add(b, 3).bytes, a.clone().AddMultiple(b, 3).bytes);
        Assert.Equal(arange(5, ScalarType.Int64).bytes, TensorArithmetic.UpTo(5, CPU).bytes);
        Assert.Equal(arange(5, ScalarType.Int64).ne(2).bytes, TensorArithmetic.UpTo(5, CPU).IsNot(2).bytes);
    }

    [Fact]
    public async Task Numbers_survive_a_garbage_collector_that_never_rests()
    {
        using var stop = new CancellationTokenSource(s_duration);
        var collector = Task.Run(
            () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    GC.Collect(0);
                    Thread.Yield();
                }
            },
            TestContext.Current.CancellationToken);
        using (var scope = NewDisposeScope())
        {
            var (a, b, clock) = (ones(16), ones(16), Stopwatch.StartNew());
            while (clock.Elapsed < s_duration)
            {
                using var step = NewDisposeScope();
                var result = a.Plus(b).Times(3).AddMultiple(a, 4);
                Assert.Equal(10, MemoryMarshal.Cast<byte, float>(result.bytes)[15]);
            }
        }
        await collector;
    }
}
