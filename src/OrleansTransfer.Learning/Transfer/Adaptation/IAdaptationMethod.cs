using OrleansTransfer.Learning.Models.Text;
using OrleansTransfer.Learning.Training;

namespace OrleansTransfer.Learning.Transfer.Adaptation;

/// <summary>What a method may know when its objective is made.</summary>
/// <param name="Classes">Number of labels K.</param>
/// <param name="FeatureWidth">Width F of the penultimate features.</param>
/// <param name="Weight">Factor on the method's own weight of its terms; 1 for the published value.</param>
/// <param name="Confidence">Probability from which a prediction serves as a label, 0 to 1 (exclusive).</param>
/// <param name="Seed">Source of all initial weights.</param>
public sealed record AdaptationContext(int Classes, int FeatureWidth, double Weight, double Confidence, long Seed)
{
    /// <summary>The network and the texts that it is judged by, for methods that know of words; null for others.</summary>
    public TargetTexts? Texts { get; init; }
}

/// <summary>Unlabelled texts, and the network that is to learn of their words.</summary>
/// <param name="Model">The network, which takes evidence.</param>
/// <param name="Ids">Ids of each text's words, in the order in which objectives see the target's samples.</param>
public sealed record TargetTexts(WordVectorClassifier Model, IReadOnlyList<int[]> Ids);

/// <summary>A transfer method that also learns from unlabelled samples of a target domain, whose task is the same.</summary>
public interface IAdaptationMethod : ITransferMethod
{
    /// <summary>What it does, in a sentence.</summary>
    string Summary { get; }

    /// <summary>Whether it also reads <see cref="TrainingData.TargetStrong"/>: the target's samples once more, strongly varied.</summary>
    bool ReadsStrongTarget => false;

    /// <summary>Whether it needs <see cref="AdaptationContext.Texts"/>.</summary>
    bool KnowsWords => false;

    /// <summary>Makes what is minimised: the same bits for the same context.</summary>
    ITrainingObjective Create(AdaptationContext context);
}
