using OrleansTransfer.Cluster.Workers;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Text;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>Reads the tables of texts that a recipe names.</summary>
internal static class TextPreparation
{
    /// <summary>The samples and their split; null where there is a problem.</summary>
    public static DatasetIndex? Scan(Recipe recipe, List<RecipeProblem> problems)
    {
        var before = problems.Count;
        var train = Guarded("data.train", () => TextTable.Read(recipe.Data.Train, recipe.Data.Labels.Count > 0 ? recipe.Data.Labels : null), problems);
        if (train is null) return null;
        IReadOnlyList<int> kept = [.. Enumerable.Range(0, train.Samples.Count)];
        var (validation, samples) = (train, (IReadOnlyList<IndexedSample>)[]);
        if (RecipePaths.ValidationFraction(recipe.Data.Validation) is { } fraction)
        {
            // The split looks at labels alone.
            var labels = new ImageDataset(train.Path, train.Labels, [.. train.Samples.Select(sample => new ImageSample("", sample.Label))], []);
            (kept, var held) = StratifiedSplit.By(labels, fraction, recipe.Training.Seed);
            samples = Indexed(train, held);
        }
        else if (Guarded("data.validation", () => TextTable.Read(recipe.Data.Validation, train.Labels), problems) is { } other)
        {
            (validation, samples) = (other, Indexed(other, [.. Enumerable.Range(0, other.Samples.Count)]));
        }
        var target = ScanTarget(recipe, train.Labels, problems);
        if (problems.Count > before) return null;
        return new(
            train.Labels, train.Path, Indexed(train, kept), validation.Path, samples,
            [.. Skipped(train), .. validation == train ? [] : Skipped(validation)])
        {
            Target = target,
        };
    }

    /// <summary>The samples of the target domain; null where there are none, or there is a problem.</summary>
    public static TargetIndex? ScanTarget(Recipe recipe, IReadOnlyList<string> labels, List<RecipeProblem> problems)
    {
        if (recipe.Data.Target.Length == 0) return null;
        var target = Guarded("data.target", () => TextTable.ReadUnlabelled(recipe.Data.Target), problems);
        var test = recipe.Data.TargetTest.Length == 0 ? null : Guarded("data.targetTest", () => TextTable.Read(recipe.Data.TargetTest, labels), problems);
        if (target is null) return null;
        IReadOnlyList<string> remarks = target.Skipped.Count == 0 ? []
            : [$"{target.Skipped.Count} rows of data.target were passed over; the first is in line {target.Skipped[0].Line}: {target.Skipped[0].Reason}."];
        var all = Indexed(target, [.. Enumerable.Range(0, target.Samples.Count)]);
        return test is null ? new(target.Path, all, target.Path, [], remarks)
            : new(target.Path, all, test.Path, Indexed(test, [.. Enumerable.Range(0, test.Samples.Count)]), remarks);
    }

    private static TextDataset? Guarded(string path, Func<TextDataset> read, List<RecipeProblem> problems)
    {
        try
        {
            return read();
        }
        catch (LearningException e)
        {
            problems.Add(new(path, e.Message));
            return null;
        }
    }

    private static IReadOnlyList<IndexedSample> Indexed(TextDataset texts, IReadOnlyList<int> places) =>
        [.. places.Select(i => new IndexedSample(texts.Samples[i].Text, texts.Samples[i].Label))];

    private static IEnumerable<BrokenFile> Skipped(TextDataset texts) =>
        texts.Skipped.Select(row => new BrokenFile($"{Path.GetFileName(texts.Path)}, line {row.Line}", row.Reason));
}
