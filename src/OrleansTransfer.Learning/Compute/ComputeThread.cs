using TorchSharp;

namespace OrleansTransfer.Learning.Compute;

/// <summary>Prepares a dedicated training thread.</summary>
public static class ComputeThread
{
    /// <summary>
    /// Sets how many cores libtorch uses inside one operation on the calling thread. Call it first thing on each dedicated training thread:
    /// libtorch's setting is kept per thread and a thread takes it over at its first tensor operation, so that a later call elsewhere does not reach
    /// it. Never train on pool threads: <c>no_grad</c> and dispose scopes are per thread too, and do not follow a continuation.
    /// </summary>
    /// <param name="intraOpThreads">
    /// At least 1. The sum over all training threads of a machine should not pass its cores: with oversubscription a step can take ten times as long.
    /// One model on each of two threads is faster than one model on two.
    /// </param>
    public static void Configure(int intraOpThreads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(intraOpThreads, 1);
        torch.set_num_threads(intraOpThreads);
    }
}
