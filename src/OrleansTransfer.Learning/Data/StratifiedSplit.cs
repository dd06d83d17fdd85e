using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Data;

/// <summary>Divides a data set into training and validation samples with the same mixture of labels.</summary>
public static class StratifiedSplit
{
    /// <summary>
    /// Sets the share <paramref name="fraction"/> of each label's samples aside, rounded to the nearest count; a label with two or more samples has
    /// at least one on each side, a label with a single one trains. Depends only on the labels in their order, the fraction and the seed.
    /// </summary>
    /// <param name="fraction">Share of validation samples, between 0 and 1 (both exclusive).</param>
    /// <returns>Indices into <see cref="ImageDataset.Samples"/>, ascending.</returns>
    public static (IReadOnlyList<int> Train, IReadOnlyList<int> Validation) By(ImageDataset dataset, double fraction, long seed)
    {
        if (fraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "The validation fraction lies between 0 and 1, both exclusive.");
        List<int> train = [], validation = [];
        foreach (var label in dataset.Samples.Index().GroupBy(sample => sample.Item.Label, sample => sample.Index))
        {
            var indices = label.ToArray();
            new SplitMix64(Seeds.Derive(seed, label.Key)).Shuffle<int>(indices);
            var held = (int)Math.Round(fraction * indices.Length, MidpointRounding.AwayFromZero);
            held = indices.Length < 2 ? 0 : Math.Clamp(held, 1, indices.Length - 1);
            validation.AddRange(indices[..held]);
            train.AddRange(indices[held..]);
        }
        train.Sort();
        validation.Sort();
        return (train, validation);
    }
}
