using System.Collections.Concurrent;

namespace OrleansTransfer.Learning.Data;

/// <summary>Reads the usual layout of labelled pictures: a folder with one sub-folder per label.</summary>
public static class ImageFolder
{
    private const string Layout =
        "Expected a folder with one sub-folder of pictures per label, for instance leaves/healthy/1.jpg and leaves/diseased/2.jpg";

    /// <summary>
    /// Finds the labelled pictures below <paramref name="root"/> and decodes each of them once, so that a broken one is known before training and not
    /// in its middle. Pictures in folders below a label's folder count; files and folders whose names begin with a dot do not, nor do files beside
    /// the label folders.
    /// </summary>
    /// <param name="labels">The labels in the wanted order; null for the folder names in ordinal order.</param>
    /// <param name="progress">Receives the number of files decoded so far, from several threads.</param>
    /// <exception cref="LearningException">
    /// The folder is missing or has another layout, the labels differ from its sub-folders, or a label has no usable picture.
    /// </exception>
    public static ImageDataset Scan(string root, IReadOnlyList<string>? labels, CancellationToken cancellationToken, IProgress<int>? progress = null)
    {
        if (IdxPictures.IsName(root)) return IdxDataset.Scan(root, labels);
        var (dataset, _) = Examine(root, labels, cancellationToken, progress);
        foreach (var (index, label) in dataset.Labels.Index())
        {
            if (dataset.Samples.Any(sample => sample.Label == index)) continue;
            var broken = dataset.Broken.Where(file => file.Path.StartsWith(label + "/", StringComparison.Ordinal)).ToList();
            var found = broken.Count == 0
                ? "the folder is empty"
                : $"none of its {broken.Count} files can be used; the first is '{broken[0].Path}': {broken[0].Reason}";
            throw new LearningException(
                $"The label '{label}' in '{dataset.Root}' has no usable picture: {found}. Add pictures or remove the folder.");
        }
        return dataset;
    }

    /// <summary>
    /// The usable pictures of a folder without labels, with those in folders below it, each decoded once; every sample has the label 0. Folders of
    /// labels are nothing but folders here.
    /// </summary>
    /// <exception cref="LearningException">The folder is missing, or has no usable picture.</exception>
    public static ImageDataset ScanUnlabelled(string root, CancellationToken cancellationToken)
    {
        if (IdxPictures.IsName(root)) return IdxDataset.ScanUnlabelled(root);
        var folder = Existing(root, "Expected a folder of pictures");
        var files = FilesBelow(folder, folder);
        if (files.Count == 0) throw new LearningException($"The folder '{folder}' has no files. Expected a folder of pictures.");
        var (dataset, _) = Decode(folder, [], [.. files.Select(path => new ImageSample(path, 0))], cancellationToken, null);
        return dataset.Samples.Count > 0 ? dataset : throw new LearningException(
            $"None of the {files.Count} files in '{folder}' is a usable picture; the first is '{dataset.Broken[0].Path}': {dataset.Broken[0].Reason}.");
    }

    /// <summary>Names of the folders directly below a folder that hold files, in ordinal order; of an IDX file with labels beside it, a word for those.</summary>
    public static IReadOnlyList<string> LabelsIn(string root)
    {
        if (IdxPictures.IsName(root)) return IdxDataset.HasLabels(root) ? ["a file of labels"] : [];
        var folder = Existing(root, "Expected a folder of pictures");
        return [.. FilesBelow(folder, folder).Where(path => path.Contains('/')).Select(path => path[..path.IndexOf('/')]).Distinct()];
    }

    /// <summary>
    /// The files of an unlabelled folder, with those in folders below it, in ordinal order, as paths relative to it with forward slashes; hidden ones
    /// are left out. The files are not opened.
    /// </summary>
    /// <exception cref="LearningException">The folder is missing or empty.</exception>
    public static IReadOnlyList<string> List(string root)
    {
        if (IdxPictures.IsName(root)) return [.. IdxDataset.ScanUnlabelled(root).Samples.Select(sample => sample.Path)];
        var folder = Existing(root, "Expected a folder of pictures");
        var files = FilesBelow(folder, folder);
        return files.Count > 0 ? files : throw new LearningException($"The folder '{folder}' has no files. Expected a folder of pictures.");
    }

    /// <summary>
    /// The data set and what was learned of each usable picture, in the order of the samples. A label may be left without pictures.
    /// </summary>
    internal static (ImageDataset Dataset, IReadOnlyList<PictureFacts> Facts) Examine(
        string root, IReadOnlyList<string>? labels, CancellationToken cancellationToken, IProgress<int>? progress)
    {
        if (IdxPictures.IsName(root)) return IdxDataset.Examine(root, labels);
        var folder = Existing(root, Layout);
        var ordered = Reconcile(folder, LabelFolders(folder), labels);
        var files = ordered.Index()
            .SelectMany(label => FilesBelow(folder, Path.Combine(folder, label.Item)).Select(path => new ImageSample(path, label.Index)))
            .ToList();
        return Decode(folder, ordered, files, cancellationToken, progress);
    }

    private static (ImageDataset Dataset, IReadOnlyList<PictureFacts> Facts) Decode(
        string folder, IReadOnlyList<string> labels, List<ImageSample> files, CancellationToken cancellationToken, IProgress<int>? progress)
    {
        var facts = new PictureFacts[files.Count];
        using var decoders = new ThreadLocal<ImageDecoder>(() => new ImageDecoder());
        var done = 0;
        // One file at a time: some folders have their large pictures side by side.
        var partitions = Partitioner.Create(Enumerable.Range(0, files.Count), EnumerablePartitionerOptions.NoBuffering);
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.ForEach(partitions, options, index =>
        {
            facts[index] = PictureFacts.Of(decoders.Value!, Path.Combine(folder, files[index].Path));
            progress?.Report(Interlocked.Increment(ref done));
        });
        var usable = files.Index().Where(file => facts[file.Index].Problem is null).ToList();
        var broken = files.Zip(facts)
            .Where(pair => pair.Second.Problem is not null)
            .Select(pair => new BrokenFile(pair.First.Path, pair.Second.Problem!));
        return (new(folder, labels, [.. usable.Select(file => file.Item)], [.. broken]), [.. usable.Select(file => facts[file.Index])]);
    }

    private static string Existing(string root, string expected)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (File.Exists(folder)) throw new LearningException($"'{folder}' is a file. {expected}.");
        if (!Directory.Exists(folder)) throw new LearningException($"The folder '{folder}' does not exist. {expected}.");
        return folder;
    }

    private static List<string> LabelFolders(string folder)
    {
        var found = Guarded(folder, () =>
            Directory.EnumerateDirectories(folder, "*", Visible(recurse: false)).Select(path => Path.GetFileName(path)!).ToList());
        found.Sort(StringComparer.Ordinal);
        if (found.Count > 1) return found;
        var files = FilesBelow(folder, folder).Count(path => !path.Contains('/'));
        var loose = files == 1 ? "1 file" : $"{files} files";
        throw new LearningException(found.Count == 1
            ? $"The folder '{folder}' has a single label folder, '{found[0]}', and a classifier needs at least two. {Layout}."
            : $"The folder '{folder}' has no label folders, only {loose}. {Layout}.");
    }

    private static IReadOnlyList<string> Reconcile(string folder, List<string> found, IReadOnlyList<string>? wanted)
    {
        if (wanted is null) return found;
        var twice = wanted.CountBy(label => label).Where(label => label.Value > 1).Select(label => label.Key).ToList();
        if (twice.Count > 0) throw new LearningException($"The list of labels has {Names(twice)} more than once. Expected each label once.");
        var missing = wanted.Except(found).ToList();
        var extra = found.Except(wanted).ToList();
        if (missing.Count + extra.Count == 0) return [.. wanted];
        var problems = new List<string>();
        if (missing.Count > 0) problems.Add($"there is no folder for {Names(missing)}");
        if (extra.Count > 0) problems.Add($"there are folders for {Names(extra)}, which the labels do not name");
        throw new LearningException(
            $"The labels do not match the folders in '{folder}': {string.Join("; ", problems)}. Expected one folder for each of {Names(wanted)}.");
    }

    private static string Names(IEnumerable<string> labels) => string.Join(", ", labels.Select(label => $"'{label}'"));

    private static List<string> FilesBelow(string root, string folder)
    {
        var files = Guarded(folder, () => Directory.EnumerateFiles(folder, "*", Visible(recurse: true))
            .Select(path => Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/')).ToList());
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    private static List<string> Guarded(string folder, Func<List<string>> enumerate)
    {
        try
        {
            return enumerate();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LearningException($"The folder '{folder}' cannot be listed: {exception.Message}", exception);
        }
    }

    private static EnumerationOptions Visible(bool recurse) =>
        new() { RecurseSubdirectories = recurse, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden | FileAttributes.System };
}
