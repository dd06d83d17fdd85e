using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cluster.Experiments;

/// <summary>
/// The folders that recipes may read from. A recipe that comes over the network names files of the nodes: without bounds it could have any of them
/// read that the node's process may read, and find their lines in a data set.
/// </summary>
public sealed class DataRoots
{
    private readonly IReadOnlyList<string>? _roots;

    private DataRoots(IReadOnlyList<string>? roots) => _roots = roots;

    /// <summary>Everything may be read.</summary>
    public static DataRoots Unconfined { get; } = new(null);

    /// <summary>Only what is in these folders, or is one of them; nothing where there is none.</summary>
    /// <exception cref="FormatException">One is no absolute path.</exception>
    public static DataRoots Within(IEnumerable<string> folders) => new([.. folders.Select(folder => Path.IsPathFullyQualified(folder)
        ? Real(Path.GetFullPath(folder))
        : throw new FormatException($"--data-roots: '{folder}' is not an absolute path."))]);

    /// <summary>What is wrong with the paths of a recipe whose paths are absolute.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="cancellationToken">Ends the search for links.</param>
    public IReadOnlyList<RecipeProblem> Check(Recipe recipe, CancellationToken cancellationToken)
    {
        if (_roots is null) return [];
        var problems = new List<RecipeProblem>();
        foreach (var (key, path) in PathsOf(recipe))
            if (ProblemWith(path, cancellationToken) is { } problem) problems.Add(new(key, problem));
        return problems;
    }

    private static IEnumerable<(string Key, string Path)> PathsOf(Recipe recipe)
    {
        var (data, model) = (recipe.Data, recipe.Model);
        yield return ("data.train", data.Train);
        if (RecipePaths.ValidationFraction(data.Validation) is null) yield return ("data.validation", data.Validation);
        yield return ("data.target", data.Target);
        yield return ("data.targetTest", data.TargetTest);
        foreach (var vectors in model.Vectors) yield return ("model.vectors", vectors);
        yield return ("model.tokenizer", model.Tokenizer);
        yield return ("model.config", model.Config);
        if (RecipePaths.IsBundleFolder(model.From)) yield return ("model.from", model.From);
        if (RecipePaths.IsWeightsFile(model.Weights)) yield return ("model.weights", model.Weights);
    }

    private string? ProblemWith(string path, CancellationToken cancellationToken)
    {
        if (path.Length == 0) return null;
        if (_roots!.Count == 0)
        {
            return $"Recipes that come over the network may not read '{path}': this node was started without --data-roots,"
                + " the folders that they may read from.";
        }
        if (!Path.IsPathFullyQualified(path)) return $"'{path}' is not an absolute path.";
        string real;
        try
        {
            real = Real(Path.GetFullPath(path));
        }
        catch (IOException)
        {
            return $"'{path}' leads in circles.";
        }
        if (!Contains(real)) return $"'{path}' is not in {Shown}, where recipes may read from (--data-roots).";
        return Directory.Exists(real) && EscapeFrom(real, cancellationToken) is { } link
            ? $"'{link}' is a link that leads out of {Shown}, where recipes may read from (--data-roots)."
            : null;
    }

    private string Shown => string.Join(", ", _roots!.Select(root => $"'{root}'"));

    private bool Contains(string real) => _roots!.Any(root => real == root
        || real.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal));

    // The first link below a folder that leads to what may not be read. Links to folders that may be read are followed once.
    private string? EscapeFrom(string folder, CancellationToken cancellationToken)
    {
        var (left, seen) = (new Stack<string>([folder]), new HashSet<string>(StringComparer.Ordinal) { folder });
        var everything = new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true };
        while (left.TryPop(out var at))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var entry in new DirectoryInfo(at).EnumerateFileSystemInfos("*", everything))
            {
                var real = entry.FullName;
                if (entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                {
                    try
                    {
                        real = Real(entry.FullName);
                    }
                    catch (IOException)
                    {
                        return entry.FullName;
                    }
                    if (!Contains(real)) return entry.FullName;
                }
                if ((entry.Attributes.HasFlag(FileAttributes.Directory) || Directory.Exists(real)) && seen.Add(real)) left.Push(real);
            }
        }
        return null;
    }

    // The path without links, also where its end does not exist: each part in turn, as the system would.
    private static string Real(string path)
    {
        const int mostLinks = 40;
        var (links, real, left) = (0, Path.GetPathRoot(path)!, new Stack<string>(PartsOf(path).Reverse()));
        while (left.TryPop(out var part))
        {
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? real;
                continue;
            }
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }
            if (++links > mostLinks) throw new IOException($"'{path}' leads through too many links.");
            if (Path.IsPathFullyQualified(target)) real = Path.GetPathRoot(target)!;
            foreach (var more in PartsOf(target).Reverse()) left.Push(more);
        }
        return real;

        static IEnumerable<string> PartsOf(string path) => path[(Path.GetPathRoot(path)?.Length ?? 0)..]
            .Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".");
    }
}
