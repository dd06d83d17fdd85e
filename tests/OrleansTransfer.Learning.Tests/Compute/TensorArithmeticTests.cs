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
        Assert.Equal((a + 0.5).bytes, a.Plus(0.5).bytes);
        Assert.Equal((1 - a).bytes, (-a).Plus(1).bytes);
        Assert.Equal(a.square().bytes, a.Squared().bytes);
        Assert.Equal(a.clamp_min(0.5).bytes, a.AtLeast(0.5).bytes);
        Assert.Equal(a.masked_fill(a >= 0.5, 7).bytes, a.Masked(a.IsAtLeast(0.5), 7).bytes);
        Assert.Equal((a > 0.5).bytes, a.IsAbove(0.5).bytes);
        Assert.Equal(arange(2, 7, ScalarType.Int64).bytes, TensorArithmetic.UpTo(5, CPU).PlusWhole(2).bytes);
        Assert.Equal(ones(3).bytes, zeros(3).CountUp().bytes);
        Assert.Equal(arange(5, ScalarType.Int64).bytes, TensorArithmetic.UpTo(5, CPU).bytes);
        Assert.Equal(arange(5, ScalarType.Int64).ne(2).bytes, TensorArithmetic.UpTo(5, CPU).IsNot(2).bytes);
    }

    [Fact]
    public void Numbers_survive_a_garbage_collector_that_never_rests()
    {
        using var collector = new RestlessCollector();
        using var scope = NewDisposeScope();
        var (a, b, clock) = (ones(16), ones(16), Stopwatch.StartNew());
        while (clock.Elapsed < s_duration)
        {
            using var step = NewDisposeScope();
            var result = a.Plus(b).Times(3).AddMultiple(a, 4);
            Assert.Equal(10, MemoryMarshal.Cast<byte, float>(result.bytes)[15]);
        }
    }
}
