using OrleansTransfer.Tuning.Numerics;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>
/// The points of a Sobol sequence, which cover the space more evenly than random ones; trial n gets point n, whatever the history. Each seed
/// scrambles the sequence another way (<see cref="SobolSequence"/>). Parameters beyond the 64th are random.
/// </summary>
/// <param name="scramble">Whether the seed matters. The plain sequence starts in a corner of the space.</param>
public sealed class SobolSampler(bool scramble = true) : ISampler
{
    /// <inheritdoc/>
    public string Name => "sobol";

    /// <inheritdoc/>
    public Suggestion Suggest(SamplerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var first = (uint)context.History.Trials.Count;
        return Distinct.Of(context, attempt => context.Space.FromUnit(Point(context, first + (uint)attempt)), $"point {first} of the Sobol sequence");
    }

    /// <summary>A point of the sequence.</summary>
    internal double[] Point(SamplerContext context, uint index)
    {
        var point = new double[context.Space.Dimensions];
        for (var i = 0; i < point.Length; i++)
        {
            if (i >= SobolSequence.Dimensions) point[i] = RandomStream.For(context.Seed, index, i).NextDouble();
            else if (scramble) point[i] = SobolSequence.Scrambled(index, i, (uint)RandomStream.For(context.Seed, -1 - i).NextBits());
            else point[i] = SobolSequence.Plain(index, i);
        }
        return point;
    }
}
