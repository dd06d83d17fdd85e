using OrleansTransfer.Learning.Models;
using TorchSharp.Modules;

namespace OrleansTransfer.Learning.Transfer;

/// <summary>Decides, for one phase, which parameters train and which BatchNorm layers follow the data.</summary>
public static class Freezing
{
    /// <summary>Sets <c>requires_grad</c> of every parameter and puts the modules in training mode, as <see cref="SetTrainingMode"/> does.</summary>
    public static void Apply(Classifier model, Phase phase, BatchNormPolicy policy)
    {
        var frozenAffine = policy == BatchNormPolicy.Frozen && !phase.OnlyNorms
            ? BatchNorms(model).Where(norm => StageOf(model, norm.Key) is not null).Select(norm => norm.Key + ".").ToList()
            : [];
        var norms = BatchNorms(model).Select(norm => norm.Key + ".").ToList();
        if (phase.OnlyNorms && norms.Count == 0)
            throw new LearningException(
                $"The phase {phase.Name} changes nothing but BatchNorm layers, and {model.Architecture} has none. Choose a backbone that has, or another method.");
        foreach (var (key, parameter) in model.named_parameters())
            parameter.requires_grad = (phase.OnlyNorms ? IsBelow(key, norms) : Trains(model, phase, key)) && !IsBelow(key, frozenAffine);
        SetTrainingMode(model, phase, policy);
    }

    /// <summary>
    /// Training mode for all modules but those BatchNorm layers of the backbone whose running statistics must stay: all of them unless the policy is
    /// <see cref="BatchNormPolicy.Trainable"/> or <see cref="BatchNormPolicy.Synchronized"/>, and always those of frozen stages. They normalise by
    /// their running statistics and leave them alone. Dropouts within a trunk of which nothing trains are at rest too: it is a fixed function.
    /// </summary>
    public static void SetTrainingMode(Classifier model, Phase phase, BatchNormPolicy policy)
    {
        model.train();
        foreach (var (key, norm) in BatchNorms(model))
            if (!FollowsData(model, phase, policy, key)) norm.eval();
        if (!phase.FreezesBackbone) return;
        foreach (var dropout in model.TrunkDropouts) dropout.eval();
    }

    /// <summary>BatchNorm layers whose running statistics change while the phase trains, with their keys, in the model's order.</summary>
    internal static IEnumerable<(string Key, BatchNorm Module)> LiveBatchNorms(Classifier model, Phase phase, BatchNormPolicy policy) =>
        BatchNorms(model).Where(norm => FollowsData(model, phase, policy, norm.Key));

    /// <summary>Whether <paramref name="key"/> lies outside every stage of the backbone.</summary>
    internal static bool IsHead(Classifier model, string key) => StageOf(model, key) is null;

    private static bool IsBelow(string key, IEnumerable<string> prefixes) => prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal));

    // A phase that changes nothing still has the gradients of a head: a step without any would be another kind of step.
    private static bool Trains(Classifier model, Phase phase, string key) =>
        !model.IsFixed(key)
        && (StageOf(model, key) is { } stage
            ? phase.TrainableStages.Contains(stage)
            : phase.Scope is TrainableScope.HeadAndStages or TrainableScope.None);

    private static bool FollowsData(Classifier model, Phase phase, BatchNormPolicy policy, string key) =>
        phase.OnlyNorms
        || (StageOf(model, key) is { } stage
            ? policy is BatchNormPolicy.Trainable or BatchNormPolicy.Synchronized && phase.TrainableStages.Contains(stage)
            : phase.Scope == TrainableScope.HeadAndStages);

    private static IEnumerable<(string Key, BatchNorm Module)> BatchNorms(Classifier model) =>
        model.named_modules().Where(entry => entry.Item2 is BatchNorm).Select(entry => (entry.Item1, (BatchNorm)entry.Item2));

    /// <summary>Name of the stage that owns a module or parameter key; null for the head.</summary>
    private static string? StageOf(Classifier model, string key)
    {
        // A stage may be a single module, whose own key equals the prefix: the dot makes "bn1" itself lie below "bn1".
        foreach (var stage in model.Stages)
            if (stage.Contains(key + ".")) return stage.Name;
        return model.IsHead(key) ? null : throw new InvalidOperationException($"{model.Architecture}: '{key}' belongs to no stage and not to the head.");
    }
}
