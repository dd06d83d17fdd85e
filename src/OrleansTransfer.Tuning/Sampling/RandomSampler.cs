namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// Uniform on the unit cube, whatever the history (Bergstra and Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012).
/// </summary>
public sealed class RandomSampler : ISampler
{
    /// <inheritdoc/>
    public string Name => "random";

    /// <inheritdoc/>
    public Suggestion Suggest(SamplerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var random = context.Random();
        return Distinct.Of(context, _ => context.Space.FromUnit(random.NextPoint(context.Space.Dimensions)), "at random");
    }
}
