namespace OrleansTransfer.Tuning.Space;

/// <summary>A real number, every one equally likely.</summary>
/// <param name="Path">Recipe path.</param>
/// <param name="Low">Least value.</param>
/// <param name="High">Greatest value; at least <paramref name="Low"/>.</param>
/// <param name="Step">Distance between values, of which a whole number leads from <paramref name="Low"/> to <paramref name="High"/>; null for any
/// value between.</param>
public sealed record UniformParameter(string Path, double Low, double High, double? Step = null) : SearchParameter(Path)
{
    /// <inheritdoc/>
    public override long? Count => Low == High ? 1 : Step is { } step ? Steps.Count(Low, High, step) : null;

    /// <inheritdoc/>
    public override ParameterValue FromUnit(double unit)
    {
        if (Low == High) return Low;
        if (Step is { } step) return Math.Min(High, Steps.At(Low, step, Steps.Share(unit, Steps.Count(Low, High, step))));
        return Math.Clamp(Low + Math.Clamp(unit, 0, 1) * (High - Low), Low, High);
    }

    /// <inheritdoc/>
    public override double ToUnit(ParameterValue value)
    {
        if (Low == High) return 0.5;
        if (Step is not { } step) return Math.Clamp((value.Number - Low) / (High - Low), 0, 1);
        return Steps.Middle((long)Math.Round((value.Number - Low) / step), Steps.Count(Low, High, step));
    }

    /// <inheritdoc/>
    public override bool Allows(ParameterValue value) => value.Kind == ParameterValueKind.Number && value.Number >= Low && value.Number <= High
        && (Step is not { } step || Steps.Fit(Low, value.Number, step));

    /// <inheritdoc/>
    public override string Describe() =>
        Step is { } step ? $"{(ParameterValue)Low} to {High} in steps of {step}" : $"{(ParameterValue)Low} to {High}";

    internal override IEnumerable<ParameterValue> Neighbours(ParameterValue value)
    {
        if (Step is not { } step || Low == High) yield break;
        var (index, count) = ((long)Math.Round((value.Number - Low) / step), Steps.Count(Low, High, step));
        if (index > 0) yield return Steps.At(Low, step, index - 1);
        if (index + 1 < count) yield return Steps.At(Low, step, index + 1);
    }

    internal override IEnumerable<SpaceProblem> Problems()
    {
        if (!double.IsFinite(Low) || !double.IsFinite(High))
            yield return Problem($"{Low} to {High}", "bounds are finite numbers");
        else if (Low > High)
            yield return Problem($"{Low} to {High}", "the lower bound comes first and is at most the upper");
        else if (Step is { } step && !(step > 0 && double.IsFinite(step)))
            yield return Problem($"step {step}", "a step is above 0");
        else if (Step is { } whole && Low < High && !Steps.Fit(Low, High, whole))
            yield return Problem($"step {whole}", $"a whole number of steps leads from {Low} to {High}");
    }
}
