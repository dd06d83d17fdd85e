namespace OrleansTransfer.Tuning.Space;

/// <summary>A whole number.</summary>
/// <param name="Path">Recipe path.</param>
/// <param name="Low">Least value; above 0 if <paramref name="Log"/>.</param>
/// <param name="High">Greatest value; at least <paramref name="Low"/>.</param>
/// <param name="Step">Distance between values, of which a whole number leads from <paramref name="Low"/> to <paramref name="High"/>.</param>
/// <param name="Log">Whether every factor is equally likely instead of every value; then <paramref name="Step"/> is 1.</param>
public sealed record IntParameter(string Path, long Low, long High, long Step = 1, bool Log = false) : SearchParameter(Path)
{
    /// <summary>Whole numbers beyond are not exact in a <see cref="double"/>.</summary>
    private const long Largest = 1L << 53;

    /// <inheritdoc/>
    public override long? Count => (High - Low) / Step + 1;

    // On a logarithmic scale a value owns what rounds to it.
    private double LogLow => Math.Log(Low - 0.5);

    private double LogHigh => Math.Log(High + 0.5);

    /// <inheritdoc/>
    public override ParameterValue FromUnit(double unit)
    {
        if (Low == High) return (double)Low;
        if (!Log) return (double)(Low + Step * Steps.Share(unit, Count!.Value));
        return (double)Math.Clamp((long)Math.Round(Math.Exp(LogLow + Math.Clamp(unit, 0, 1) * (LogHigh - LogLow))), Low, High);
    }

    /// <inheritdoc/>
    public override double ToUnit(ParameterValue value)
    {
        if (Low == High) return 0.5;
        if (!Log) return Steps.Middle((long)(value.Number - Low) / Step, Count!.Value);
        // The middle of the value's share of the scale.
        var middle = (Math.Log(value.Number - 0.5) + Math.Log(value.Number + 0.5)) / 2;
        return Math.Clamp((middle - LogLow) / (LogHigh - LogLow), 0, 1);
    }

    /// <inheritdoc/>
    public override bool Allows(ParameterValue value) => value.Kind == ParameterValueKind.Number && double.IsInteger(value.Number)
        && value.Number >= Low && value.Number <= High && (long)(value.Number - Low) % Step == 0;

    /// <inheritdoc/>
    public override string Describe() => Step == 1 ? $"whole numbers {Low} to {High}" : $"{Low} to {High} in steps of {Step}";

    internal override IEnumerable<ParameterValue> Neighbours(ParameterValue value) =>
        new ParameterValue[] { value.Number - Step, value.Number + Step }.Where(Allows);

    internal override IEnumerable<SpaceProblem> Problems()
    {
        if (Low < -Largest || High > Largest)
            yield return Problem($"{Low} to {High}", $"whole numbers lie between -{Largest} and {Largest}");
        else if (Low > High)
            yield return Problem($"{Low} to {High}", "the lower bound comes first and is at most the upper");
        else if (Log && Low <= 0)
            yield return Problem($"{Low} to {High}", "on a logarithmic scale bounds are above 0");
        else if (Step <= 0)
            yield return Problem($"step {Step}", "a step is at least 1");
        else if (Log && Step != 1)
            yield return Problem($"step {Step}", "on a logarithmic scale there are no steps");
        else if ((High - Low) % Step != 0)
            yield return Problem($"step {Step}", $"a whole number of steps leads from {Low} to {High}");
    }
}
