namespace OrleansTransfer.Tuning.Space;

/// <summary>One of several values that have no order.</summary>
/// <param name="Path">Recipe path.</param>
/// <param name="Values">At least one, all different.</param>
public sealed record ChoiceParameter(string Path, IReadOnlyList<ParameterValue> Values) : SearchParameter(Path)
{
    /// <inheritdoc/>
    public override long? Count => Values.Count;

    /// <inheritdoc/>
    public override ParameterValue FromUnit(double unit) => Values[(int)Steps.Share(unit, Values.Count)];

    /// <inheritdoc/>
    public override double ToUnit(ParameterValue value) => Steps.Middle(IndexOf(value), Values.Count);

    /// <inheritdoc/>
    public override bool Allows(ParameterValue value) => IndexOf(value) >= 0;

    /// <summary>Position of the value; -1 for none of them.</summary>
    public int IndexOf(ParameterValue value)
    {
        for (var i = 0; i < Values.Count; i++) if (Values[i] == value) return i;
        return -1;
    }

    /// <inheritdoc/>
    public override string Describe() => $"one of {string.Join(", ", Values)}";

    internal override IEnumerable<ParameterValue> Neighbours(ParameterValue value) => Values.Where(other => other != value);

    internal override IEnumerable<SpaceProblem> Problems()
    {
        if (Values.Count == 0) yield return Problem("no values", "a choice has at least one");
        foreach (var repeated in Values.GroupBy(value => value).Where(group => group.Count() > 1))
            yield return Problem($"{repeated.Key} {repeated.Count()} times", "values of a choice are all different");
    }
}
