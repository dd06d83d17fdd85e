using System.Runtime.CompilerServices;
using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Tests;

internal static class TestAssembly
{
    [ModuleInitializer]
    internal static void Initialize() => Allocator.KeepLargeBlocks();
}
