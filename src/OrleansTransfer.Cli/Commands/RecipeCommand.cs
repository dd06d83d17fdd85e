using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx recipe</c>.</summary>
internal static class RecipeCommand
{
    public static Command Create(IConsoleStreams streams) => new("recipe", "Look at recipes.") { CreateExplain(streams) };

    private static Command CreateExplain(IConsoleStreams streams)
    {
        var command = new Command("explain", "Print the recipe in full, with where each value came from.");
        var recipe = new RecipeOptions(command);
        var output = new OutputOption(command);
        command.SetAction(parse => Explain(recipe.Read(parse), recipe.SourceName(parse), output.Open(parse, streams)));
        return command;
    }

    private static void Explain(RecipeReading reading, string sourceName, Output output)
    {
        if (output.Json) output.Document(new { reading.Recipe, reading.Settings });
        else
        {
            output.Line(RecipeWriter.Explain(reading, sourceName).TrimEnd());
            if (FeatureWords.Explain(reading.Recipe) is { } features) output.Line($"# {features}");
        }
    }
}
