using System.Text.Json.Serialization;

namespace OrleansTransfer.Tuning.Space;

/// <summary>
/// One parameter of a search. Each kind alone knows how its values lie on the unit interval, on which every sampler works: equal lengths are equally
/// likely before anything is known.
/// </summary>
/// <param name="Path">Recipe path, such as <c>training.optimizer.learningRate</c>.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(UniformParameter), "uniform")]
[JsonDerivedType(typeof(LogParameter), "log")]
[JsonDerivedType(typeof(IntParameter), "int")]
[JsonDerivedType(typeof(ChoiceParameter), "choice")]
public abstract record SearchParameter(string Path)
{
    /// <summary>When the parameter is there; null for always.</summary>
    public Condition? When { get; init; }

    /// <summary>Number of distinct values; null when there are no two next to each other.</summary>
    [JsonIgnore]
    public abstract long? Count { get; }

    /// <summary>The value at a point of the unit interval.</summary>
    /// <param name="unit">0 to 1; beyond counts as the nearer end.</param>
    public abstract ParameterValue FromUnit(double unit);

    /// <summary>The point of a value: the middle of its share when there are finitely many.</summary>
    public abstract double ToUnit(ParameterValue value);

    /// <summary>Whether the parameter can have the value.</summary>
    public abstract bool Allows(ParameterValue value);

    /// <summary>What <see cref="Allows"/> allows, for messages: <c>0 to 1 in steps of 0.1</c>.</summary>
    public abstract string Describe();

    /// <summary>The values next to a value; of a choice all others; none where values lie dense.</summary>
    internal abstract IEnumerable<ParameterValue> Neighbours(ParameterValue value);

    internal abstract IEnumerable<SpaceProblem> Problems();

    private protected SpaceProblem Problem(string found, string allowed) => new(Path, found, allowed);
}
