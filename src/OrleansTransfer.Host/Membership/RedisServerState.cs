using OrleansTransfer.Host.Doctor;

namespace OrleansTransfer.Host.Membership;

/// <summary>What a Redis server says of itself.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Latency">Median time of an answer.</param>
/// <param name="Clock">How far this machine's clock is from its own.</param>
/// <param name="IsReplica">Whether it follows another server and takes no writes.</param>
/// <param name="KeepsData">Whether it keeps its data over a restart; null where it does not say.</param>
/// <param name="EvictionPolicy">What it does when its memory is full, where that is limited; null where it is not, or it does not say.</param>
internal sealed record RedisServerState(
    Version Version, TimeSpan Latency, ClockSkew Clock, bool IsReplica, bool? KeepsData, string? EvictionPolicy);
