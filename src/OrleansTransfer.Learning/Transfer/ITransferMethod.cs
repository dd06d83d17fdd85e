namespace OrleansTransfer.Learning.Transfer;

/// <summary>A way to carry a pretrained backbone over to a new task: nothing but a list of phases.</summary>
public interface ITransferMethod
{
    /// <summary>The name in recipes.</summary>
    string Name { get; }

    /// <summary>The phases for a backbone whose stages, from input to output, are <paramref name="stages"/>.</summary>
    /// <returns>At least one phase; their epochs sum to <see cref="TransferOptions.Epochs"/>.</returns>
    /// <exception cref="LearningException">The options do not fit the method or the backbone.</exception>
    IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages);
}
