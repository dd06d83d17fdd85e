namespace OrleansTransfer.Contracts.Workers;

/// <summary>A point between two steps of a run.</summary>
/// <param name="Epoch">Epoch, from 0.</param>
/// <param name="Step">Next step within the epoch, from 0; the epoch's length while its evaluation is still to come.</param>
/// <param name="GlobalStep">Steps done since the run began.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.replica-position")]
public sealed record ReplicaPosition([property: Id(0)] int Epoch, [property: Id(1)] int Step, [property: Id(2)] long GlobalStep)
    : IComparable<ReplicaPosition>
{
    /// <inheritdoc/>
    public int CompareTo(ReplicaPosition? other) => other is null ? 1 : (Epoch, Step).CompareTo((other.Epoch, other.Step));

    /// <inheritdoc/>
    public override string ToString() => $"step {GlobalStep}";
}
