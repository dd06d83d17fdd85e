namespace OrleansTransfer.Tuning.Space;

/// <summary>A positive real number whose logarithm is uniform: every factor equally likely.</summary>
/// <param name="Path">Recipe path.</param>
/// <param name="Low">Least value, above 0.</param>
/// <param name="High">Greatest value; at least <paramref name="Low"/>.</param>
public sealed record LogParameter(string Path, double Low, double High) : SearchParameter(Path)
{
    /// <inheritdoc/>
    public override long? Count => Low == High ? 1 : null;

    /// <inheritdoc/>
    public override ParameterValue FromUnit(double unit) =>
        Low == High ? Low : Math.Clamp(Math.Exp(Math.Log(Low) + Math.Clamp(unit, 0, 1) * Math.Log(High / Low)), Low, High);

    /// <inheritdoc/>
    public override double ToUnit(ParameterValue value) =>
        Low == High ? 0.5 : Math.Clamp(Math.Log(value.Number / Low) / Math.Log(High / Low), 0, 1);

    /// <inheritdoc/>
    public override bool Allows(ParameterValue value) =>
        value.Kind == ParameterValueKind.Number && value.Number >= Low && value.Number <= High;

    /// <inheritdoc/>
    public override string Describe() => $"{(ParameterValue)Low} to {High}";

    internal override IEnumerable<ParameterValue> Neighbours(ParameterValue value) => [];

    internal override IEnumerable<SpaceProblem> Problems()
    {
        if (!double.IsFinite(Low) || !double.IsFinite(High))
            yield return Problem($"{Low} to {High}", "bounds are finite numbers");
        else if (Low > High)
            yield return Problem($"{Low} to {High}", "the lower bound comes first and is at most the upper");
        else if (Low <= 0)
            yield return Problem($"{Low} to {High}", "on a logarithmic scale bounds are above 0");
    }
}
