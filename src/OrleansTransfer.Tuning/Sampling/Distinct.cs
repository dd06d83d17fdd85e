using OrleansTransfer.Tuning.Space;

namespace OrleansTransfer.Tuning.Sampling;

/// <summary>Keeps samplers from suggesting what was tried before.</summary>
internal static class Distinct
{
    /// <summary>Draws before a sampler's own proposals are given up.</summary>
    private const int Attempts = 64;

    /// <summary>The first proposal that no trial had; then one at random; then, in a small space, the first of all that is left.</summary>
    /// <param name="context">What the suggestion depends on.</param>
    /// <param name="propose">A proposal, another one at each call; calls are numbered from 0.</param>
    /// <param name="reason">How proposals come about.</param>
    public static Suggestion Of(SamplerContext context, Func<int, Configuration> propose, string reason)
    {
        var (space, history) = (context.Space, context.History);
        if (space.Cardinality is { } all && history.Configurations >= all) return Suggestion.Exhausted;
        for (var i = 0; i < Attempts; i++)
        {
            var proposal = propose(i);
            if (history.Find(proposal) is null) return new(proposal, reason);
        }
        var random = context.Random();
        for (var i = 0; i < Attempts; i++)
        {
            var proposal = space.FromUnit(random.NextPoint(space.Dimensions));
            if (history.Find(proposal) is null) return new(proposal, "at random, for every proposal was tried before");
        }
        return Left(context) is { } left ? new(left, "one of the last that are left") : Suggestion.Exhausted;
    }

    private static Configuration? Left(SamplerContext context)
    {
        if (context.Space.Cardinality is null) return null;
        var grid = new Grid(context.Space, points: 2);
        for (long i = 0; i < grid.Count; i++)
            if (grid.At(i) is { } configuration && context.History.Find(configuration) is null) return configuration;
        return null;
    }
}
