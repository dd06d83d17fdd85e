using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Transfer.Adaptation;

namespace OrleansTransfer.Learning.Transfer;

/// <summary>The catalogue of transfer methods.</summary>
public static class TransferMethods
{
    /// <summary>Every method, in the order in which they are shown.</summary>
    public static IReadOnlyList<ITransferMethod> All { get; } =
    [
        new FeatureExtraction(), new FineTune(), new LinearProbeThenFineTune(), new GradualUnfreezing(),
        new SourceOnly(), new DomainAdversarial(), new ConditionalAdversarial(entropyConditioning: false),
        new ConditionalAdversarial(entropyConditioning: true), new DeepAdaptation(), new JointAdaptation(), new CorrelationAlignment(),
        new ClassifierDiscrepancy(), new MarginDisparity(), new ClassConfusion(), new AdaptiveFeatureNorm(),
        new SelfTraining(), new BalancedSelfTraining(), new ConsistencyTraining(),
        new SourceHypothesisTransfer(), new TestTimeEntropy(), new AdaptiveBatchNorm(), new CompanyOfWords(),
    ];

    /// <summary>The method of that name.</summary>
    /// <exception cref="LearningException">There is none.</exception>
    public static ITransferMethod Get(string method) => All.FirstOrDefault(candidate => candidate.Name == method)
        ?? throw new LearningException($"'{method}' is not a transfer method. Known methods: {Names}.");

    private static string Names => string.Join(", ", All.Select(method => method.Name));

    /// <summary>The phases that <paramref name="method"/> makes of <paramref name="options"/> for <paramref name="model"/>.</summary>
    /// <exception cref="LearningException">No such method, or the options do not fit it.</exception>
    public static IReadOnlyList<Phase> Plan(string method, TransferOptions options, Classifier model) =>
        Plan(method, options, [.. model.Stages.Select(stage => stage.Name)]);

    /// <summary>
    /// The phases that <paramref name="method"/> makes of <paramref name="options"/> for a backbone with these stages, from input to output.
    /// </summary>
    /// <exception cref="LearningException">No such method, or the options do not fit it.</exception>
    public static IReadOnlyList<Phase> Plan(string method, TransferOptions options, IReadOnlyList<string> stages)
    {
        var found = Get(method);
        options.Validate();
        return found.Plan(options, stages);
    }
}
