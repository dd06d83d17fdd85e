using System.CommandLine;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Contracts.Sweeps;

namespace OrleansTransfer.Cli.Commands;

/// <summary>A recipe on the command line: a file, or a folder of pictures, with what overrides it.</summary>
internal sealed class RecipeOptions
{
    private readonly Argument<string> _source;

    private readonly Option<string?> _name = new("--name") { Description = "Name of the experiment (name).", HelpName = "NAME" };
    private readonly Option<string?> _backbone = new("--backbone") { Description = "Pretrained network (model.backbone).", HelpName = "NAME" };
    private readonly Option<string?> _weights = new("--weights")
    {
        Description = "imagenet, none, a name from `otx weights list`, a file, or an address (model.weights).",
        HelpName = "WEIGHTS",
    };

    private readonly Option<int?> _epochs = new("--epochs") { Description = "Passes over the data (training.epochs).", HelpName = "N" };
    private readonly Option<int?> _batchSize = new("--batch-size")
    {
        Description = "Samples per step over all workers (training.batchSize).",
        HelpName = "N",
    };
    private readonly Option<int?> _workers = new("--workers") { Description = "Devices to train on (resources.workers).", HelpName = "N" };
    private readonly Option<string[]> _sets = new("--set")
    {
        Description = "Overrides one value of the recipe, for instance --set training.schedule=cosine; may be repeated.",
        HelpName = "PATH=VALUE",
    };

    /// <param name="optional">Whether the command may be given without a recipe.</param>
    public RecipeOptions(Command command, bool optional = false)
    {
        _source = new("recipe")
        {
            Description = "A recipe (YAML or JSON), a folder with one folder of pictures per label, or a table of labelled texts (.csv, .tsv, .jsonl).",
            HelpName = "recipe.yaml or data",
            Arity = optional ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne,
        };
        command.Add(_source);
        foreach (var option in (Option[])[_name, _backbone, _weights, _epochs, _batchSize, _workers, _sets]) command.Add(option);
    }

    /// <summary>Name of the recipe's text in messages.</summary>
    public string SourceName(ParseResult parse) => Path.GetFileName(parse.GetRequiredValue(_source));

    /// <summary>Whether there is a recipe.</summary>
    public bool IsGiven(ParseResult parse) => parse.GetValue(_source) is not null;

    /// <summary>Reads the recipe; paths are as the user wrote them.</summary>
    /// <param name="others">Overrides that other options stand for; those of <c>--set</c> win.</param>
    /// <exception cref="RecipeException">Something in it is wrong.</exception>
    public RecipeReading Read(ParseResult parse, IReadOnlyList<string>? others = null)
    {
        var (text, name, sets) = Load(parse, others ?? []);
        return RecipeReader.Read(text, name, sets);
    }

    /// <summary>Reads the recipe and its section <c>search</c>; paths are as the user wrote them.</summary>
    /// <exception cref="RecipeException">Something in it is wrong.</exception>
    public SearchReading ReadSearch(ParseResult parse)
    {
        var (text, name, sets) = Load(parse, []);
        return SearchReader.Read(text, name, sets);
    }

    /// <summary>Whether a path has the name of a table of texts.</summary>
    public static bool IsTable(string path) => Path.GetExtension(path).ToLowerInvariant() is ".csv" or ".tsv" or ".tab" or ".jsonl" or ".ndjson";

    /// <summary>Whether a path has the name of a table of texts, or of texts without labels.</summary>
    public static bool IsTexts(string path) => IsTable(path) || Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase);

    private (string Text, string Name, IReadOnlyList<string> Sets) Load(ParseResult parse, IReadOnlyList<string> others)
    {
        List<string> sets = [.. others, .. Sets(parse)];
        if (parse.GetValue(_source) is not { } source) return ("", "", sets);
        if (IsTable(source)) return ("", source, [$"task={TaskWords.Texts}", $"data.train={source}", .. sets]);
        if (Directory.Exists(source)) return ("", source, [$"data.train={source}", .. sets]);
        if (!File.Exists(source)) throw new CliException($"There is no file or folder '{source}'; expected a recipe, or a folder of pictures.");
        try
        {
            return (File.ReadAllText(source), SourceName(parse), sets);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The recipe '{source}' cannot be read: {error.Message}", inner: error);
        }
    }

    // The short options first: an explicit --set of the same value wins.
    private List<string> Sets(ParseResult parse)
    {
        (string Path, object? Value)[] shorthands =
        [
            ("name", parse.GetValue(_name)),
            ("model.backbone", parse.GetValue(_backbone)),
            ("model.weights", parse.GetValue(_weights)),
            ("training.epochs", parse.GetValue(_epochs)),
            ("training.batchSize", parse.GetValue(_batchSize)),
            ("resources.workers", parse.GetValue(_workers)),
        ];
        var given = shorthands.Where(shorthand => shorthand.Value is not null);
        return [.. given.Select(shorthand => FormattableString.Invariant($"{shorthand.Path}={shorthand.Value}")), .. parse.GetValue(_sets) ?? []];
    }
}
