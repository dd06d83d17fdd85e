namespace OrleansTransfer.Learning.Data;

/// <summary>Labels that count as one: <c>diseased=apple_scab+black_rot</c> makes one label of two folders.</summary>
public static class LabelGroups
{
    /// <summary>The data set with its labels joined; labels that no group names stay. New labels stand in ordinal order.</summary>
    /// <param name="groups">Each the new label, <c>=</c>, and old ones joined by <c>+</c>; none leaves everything as it is.</param>
    /// <exception cref="LearningException">
    /// A group is malformed or names a label that is not there or in two groups; or fewer than two labels are left.
    /// </exception>
    public static ImageDataset Join(ImageDataset dataset, IReadOnlyList<string> groups)
    {
        if (groups.Count == 0) return dataset;
        var joined = dataset.Labels.ToDictionary(label => label, label => label, StringComparer.Ordinal);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var group in groups)
        {
            var equals = group.IndexOf('=');
            var members = equals < 1 ? [] : group[(equals + 1)..].Split('+', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (members.Length == 0) throw new LearningException($"The group '{group}' is not of the form new=old+old, for instance diseased=scab+rust.");
            foreach (var member in members)
            {
                if (!joined.ContainsKey(member))
                    throw new LearningException(
                        $"The group '{group}' names '{member}', and the labels of '{dataset.Root}' are {string.Join(", ", dataset.Labels)}.");
                if (!named.Add(member)) throw new LearningException($"The label '{member}' is in more than one group.");
                joined[member] = group[..equals].Trim();
            }
        }
        var labels = joined.Values.Distinct().Order(StringComparer.Ordinal).ToList();
        if (labels.Count < 2) throw new LearningException($"The groups leave a single label, '{labels[0]}'; a classifier needs at least two.");
        var index = dataset.Labels.Select(label => labels.IndexOf(joined[label])).ToArray();
        var samples = dataset.Samples.Select(sample => sample with { Label = index[sample.Label] }).OrderBy(sample => sample.Label);
        return dataset with { Labels = labels, Samples = [.. samples] };
    }
}
