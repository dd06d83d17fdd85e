namespace OrleansTransfer.Tuning.Space;

/// <summary>
/// When a parameter is there at all: when the choice parameter <paramref name="Parent"/> is itself there and has one of <paramref name="Values"/>.
/// </summary>
/// <param name="Parent">Path of a <see cref="ChoiceParameter"/> of the same space.</param>
/// <param name="Values">At least one of the parent's values.</param>
public sealed record Condition(string Parent, IReadOnlyList<ParameterValue> Values)
{
    /// <summary>As problems and plans print it.</summary>
    public override string ToString() => $"{Parent} is {string.Join(" or ", Values)}";
}
