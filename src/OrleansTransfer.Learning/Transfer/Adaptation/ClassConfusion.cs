using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Training;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>
/// MCC (Jin and others, arXiv 1912.03699): target predictions that confuse classes with each other are pulled apart: equations 2 to 6, with
/// temperature 2.5, over the whole global batch.
/// </summary>
public sealed class ClassConfusion : IAdaptationMethod
{
    private const double Temperature = 2.5;

    /// <inheritdoc/>
    public string Name => "mcc";

    /// <inheritdoc/>
    public string Summary => "target predictions that confuse no two classes";

    /// <inheritdoc/>
    public IReadOnlyList<Phase> Plan(TransferOptions options, IReadOnlyList<string> stages) => AdaptationPhases.One(Name, options, stages);

    /// <inheritdoc/>
    public ITrainingObjective Create(AdaptationContext context) => new AdaptationObjective(null, new WeightedLoss(new Term(), context.Weight));

    private sealed class Term : TargetTerm
    {
        public override string Name => "mcc";

        public override bool NeedsWholeBatch => true;

        protected override Tensor Compute(LossContext context, StreamPass target)
        {
            var probabilities = context.Whole.Gather(target.Logits.Over(Temperature).softmax(1), target); // [N,K], equation 2
            var raw = (-Entropies.Of(probabilities)).exp().Plus(1);
            var weights = (raw / raw.sum()).Times(probabilities.shape[0]).detach(); // equation 4
            var confusion = (probabilities * weights.unsqueeze(1)).t().matmul(probabilities); // [K,K], equation 3
            var normalised = confusion / confusion.sum([1L], keepdim: true); // equation 5
            return (normalised.sum() - normalised.diagonal().sum()).Over(normalised.shape[0]).Times(context.Whole.Share); // equation 6
        }
    }
}
