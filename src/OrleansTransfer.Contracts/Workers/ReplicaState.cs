namespace OrleansTransfer.Contracts.Workers;

/// <summary>A tensor of a replica that is handed over.</summary>
/// <param name="Name"><c>model/</c> or <c>optimizer/</c> and the tensor's key.</param>
/// <param name="Type">Number of the element type in libtorch's list of scalar types.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Offset">Its first byte within the state.</param>
/// <param name="Bytes">Its length.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.replica-tensor")]
public sealed record ReplicaTensor(
    [property: Id(0)] string Name,
    [property: Id(1)] int Type,
    [property: Id(2)] long[] Shape,
    [property: Id(3)] long Offset,
    [property: Id(4)] long Bytes);

/// <summary>An epoch that a replica has been through, as the report of a run shows it.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="TrainingLoss">Mean over the epoch's steps.</param>
/// <param name="ValidationLoss">Mean over the validation samples.</param>
/// <param name="Accuracy">On the validation samples, 0 to 1.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.replica-epoch")]
public sealed record ReplicaEpoch(
    [property: Id(0)] int Epoch,
    [property: Id(1)] double TrainingLoss,
    [property: Id(2)] double ValidationLoss,
    [property: Id(3)] double Accuracy);

/// <summary>What a replica that is handed over consists of.</summary>
/// <param name="Position">Where it stands.</param>
/// <param name="Tensors">Its tensors, back to back.</param>
/// <param name="Bytes">Length of all of them.</param>
/// <param name="Epochs">The epochs it has been through in this attempt.</param>
[GenerateSerializer, Immutable, Alias("orleanstransfer.replica-state")]
public sealed record ReplicaState(
    [property: Id(0)] ReplicaPosition Position,
    [property: Id(1)] IReadOnlyList<ReplicaTensor> Tensors,
    [property: Id(2)] long Bytes,
    [property: Id(3)] IReadOnlyList<ReplicaEpoch> Epochs);
