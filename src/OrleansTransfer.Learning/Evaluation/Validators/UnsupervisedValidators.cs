namespace OrleansTransfer.Learning.Evaluation.Validators;

/// <summary>The catalogue of validators.</summary>
public static class UnsupervisedValidators
{
    /// <summary>Picks the last epoch, whatever the scores are.</summary>
    public const string Last = "last";

    /// <summary>Every validator, in the order in which scores are listed.</summary>
    public static IReadOnlyList<IUnsupervisedValidator> All { get; } =
    [
        new InformationMaximisation(), new SoftNeighborhoodDensity(), new NegativeEntropy(), new DeepEmbeddedValidation(), new ClassCluster(),
        new SourceAccuracy(),
    ];

    /// <summary>Place of a validator in <see cref="All"/>; -1 for <see cref="Last"/>.</summary>
    /// <exception cref="LearningException">There is none of that name.</exception>
    public static int IndexOf(string name)
    {
        if (name == Last) return -1;
        for (var i = 0; i < All.Count; i++)
            if (All[i].Name == name) return i;
        throw new LearningException($"There is no validator '{name}'. Known are {string.Join(", ", All.Select(validator => validator.Name))} and {Last}.");
    }
}
