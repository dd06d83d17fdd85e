namespace OrleansTransfer.Learning.Evaluation;

/// <summary>One sample of a <see cref="DomainMap"/>.</summary>
/// <param name="X">From 0 to 1.</param>
/// <param name="Y">From 0 to 1.</param>
/// <param name="IsTarget">Target or source.</param>
/// <param name="Class">Label of a source sample, predicted class of a target sample.</param>
public readonly record struct MapPoint(float X, float Y, bool IsTarget, int Class);

/// <summary>Source, where there are any, and target samples in the plane, close where their features are alike.</summary>
public sealed record DomainMap(IReadOnlyList<MapPoint> Points)
{
    /// <summary>Most samples of each domain; the embedding's cost grows with the square.</summary>
    public const int MostSamples = 250;

    /// <summary>Embeds samples of both domains together; of the target alone where <paramref name="source"/> is null.</summary>
    public static DomainMap Of(SampleOutputs? source, SampleOutputs target)
    {
        source = source?.AtMost(MostSamples) ?? new([], [], []);
        target = target.AtMost(MostSamples);
        var places = StochasticNeighborEmbedding.Run([.. source.Features, .. target.Features]);
        var classes = source.Labels.Concat(target.Predictions).ToArray();
        return new([.. places.Select((place, i) => new MapPoint(place.X, place.Y, i >= source.Count, classes[i]))]);
    }
}
