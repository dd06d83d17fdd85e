using System.Runtime.CompilerServices;
using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Tests;

internal static class TestAssembly
{
    [ModuleInitializer]
    internal static void Initialize()
    {
        Allocator.KeepLargeBlocks();

        // Test classes run side by side, one for each core, and some while the garbage collector never rests: threads that wait for each other inside
        // an operation would make its steps hundreds of times as long.
        ComputeThread.Configure(1);
    }
}
