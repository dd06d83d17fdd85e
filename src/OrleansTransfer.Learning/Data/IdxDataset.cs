using System.Globalization;
using System.Security.Cryptography;

namespace OrleansTransfer.Learning.Data;

/// <summary>Labelled pictures in a pair of IDX files, as MNIST and USPS come: <c>X-images-idx3-ubyte</c> and <c>X-labels-idx1-ubyte</c> beside it.</summary>
internal static class IdxDataset
{
    /// <summary>Reads a pair by the path of its pictures.</summary>
    /// <param name="labels">The labels in the wanted order; null for those that occur, by their number.</param>
    /// <exception cref="LearningException">A file is missing or broken, the two do not belong together, or labels are not those wanted.</exception>
    public static ImageDataset Scan(string file, IReadOnlyList<string>? labels)
    {
        var path = Path.GetFullPath(file);
        var pictures = Guarded(path, IdxPictures.Open);
        var companion = LabelsOf(path);
        var values = Guarded(companion, IdxPictures.ReadLabels);
        if (values.Length != pictures.Count)
            throw new LearningException($"'{path}' has {pictures.Count} pictures, and '{companion}' {values.Length} labels: they do not belong together.");
        var found = values.Distinct().Order().Select(Name).ToList();
        var names = labels ?? found;
        if (found.Count < 2)
            throw new LearningException($"'{companion}' has the label {found.FirstOrDefault() ?? "nothing"} only; a classifier needs at least two.");
        if (names.Except(found).Concat(found.Except(names)).FirstOrDefault() is { } other)
            throw new LearningException($"The labels of '{companion}' are {string.Join(", ", found)}; wanted are {string.Join(", ", names)}: '{other}' differs.");
        var index = names.Index().ToDictionary(name => name.Item, name => name.Index, StringComparer.Ordinal);
        var samples = values.Select((value, i) => new ImageSample(IdxPictures.NameOf(Path.GetFileName(path), i), index[Name(value)]));
        return new(Path.GetDirectoryName(path)!, [.. names], [.. samples.OrderBy(sample => sample.Label)], []);
    }

    /// <summary>All pictures of a file, without labels: each has the label 0.</summary>
    /// <exception cref="LearningException">The file is missing or broken.</exception>
    public static ImageDataset ScanUnlabelled(string file)
    {
        var path = Path.GetFullPath(file);
        var count = Guarded(path, IdxPictures.Open).Count;
        var samples = Enumerable.Range(0, count).Select(i => new ImageSample(IdxPictures.NameOf(Path.GetFileName(path), i), 0));
        return new(Path.GetDirectoryName(path)!, [], [.. samples], []);
    }

    /// <summary>A pair, or the pictures alone where no labels lie beside them, and what each picture is like.</summary>
    /// <inheritdoc cref="Scan"/>
    public static (ImageDataset Dataset, IReadOnlyList<PictureFacts> Facts) Examine(string file, IReadOnlyList<string>? labels)
    {
        var dataset = HasLabels(file) ? Scan(file, labels) : ScanUnlabelled(file);
        var pictures = Guarded(Path.GetFullPath(file), IdxPictures.Open);
        return (dataset, [.. dataset.Samples.Select(sample => new PictureFacts(
            null, pictures.Width, pictures.Height, "IDX",
            Convert.ToHexStringLower(SHA256.HashData(pictures[IdxPictures.Split(sample.Path)!.Value.Index]))))]);
    }

    /// <summary>Whether labels lie beside a file of pictures.</summary>
    public static bool HasLabels(string file) => File.Exists(LabelsOf(Path.GetFullPath(file)));

    private static string LabelsOf(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, Path.GetFileName(path).Replace("images-idx3", "labels-idx1", StringComparison.Ordinal));

    private static string Name(byte value) => value.ToString(CultureInfo.InvariantCulture);

    private static T Guarded<T>(string path, Func<string, T> read)
    {
        try
        {
            return read(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            var reason = File.Exists(path) ? exception.Message.TrimEnd('.') : "there is no such file";
            throw new LearningException($"The file '{path}' cannot be used: {reason}.", exception);
        }
    }
}
