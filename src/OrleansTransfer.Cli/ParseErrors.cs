using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli;

/// <summary>Says what is wrong with a command line.</summary>
internal static class ParseErrors
{
    private const int LikelyTypo = 3;

    /// <summary>One line per mistake, then where to read more.</summary>
    public static IEnumerable<string> Describe(ParseResult parse)
    {
        var command = parse.CommandResult.Command;
        var path = Path(parse.CommandResult);
        if (parse.UnmatchedTokens.Count > 0)
        {
            // What follows an unknown word is not understood because of it: one mistake, not several.
            var word = parse.UnmatchedTokens[0];
            var kind = word.StartsWith('-') ? "option" : command.Subcommands.Any() ? "command" : "argument";
            var known = word.StartsWith('-') ? OptionNames(parse.CommandResult) : command.Subcommands.Select(sub => sub.Name);
            var nearest = NearestName.Of(word, known);
            var hint = nearest is not null && NearestName.Distance(word, nearest) <= LikelyTypo ? $"; did you mean '{nearest}'?" : ".";
            yield return $"error: `otx{path}` has no {kind} '{word}'{hint}";
        }
        else
        {
            foreach (var error in parse.Errors) yield return $"error: {error.Message}";
        }
        yield return $"`otx{path} --help` shows what is possible.";
    }

    private static IEnumerable<string> OptionNames(CommandResult result) =>
        result.Command.Options.SelectMany(option => option.Aliases.Append(option.Name));

    private static string Path(SymbolResult? result) => result switch
    {
        null or CommandResult { Command: RootCommand } => "",
        CommandResult command => $"{Path(result.Parent)} {command.Command.Name}",
        _ => Path(result.Parent),
    };
}
