using System.CommandLine;
using System.Globalization;
using OrleansTransfer.Cli.Models;
using OrleansTransfer.Cli.Runs;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Cli.Weights;
using OrleansTransfer.Contracts.Experiments;
using OrleansTransfer.Contracts.Recipes;

namespace OrleansTransfer.Cli.Commands;

/// <summary>
/// <c>otx adapt</c>: learns from a labelled source, or from a finished model in its place, and an unlabelled target; with several methods or seeds,
/// compares them.
/// </summary>
internal static class AdaptCommand
{
    private const string DefaultMethod = "dann", DefaultSourceFreeMethod = "shot";

    public static Command Create(IConsoleStreams streams)
    {
        var command = new Command(
            "adapt",
            "Adapt to a domain without labels. With several methods or seeds, each is an experiment, and a table compares them.");
        var recipe = new RecipeOptions(command, optional: true);
        var source = new Option<string?>("--source") { Description = "Labelled samples of the source domain (data.train).", HelpName = "DATA" };
        var model = new Option<string?>("--model")
        {
            Description = "A finished model in the place of the source: the id of an experiment, or the folder of a bundle (model.from).",
            HelpName = "BUNDLE",
        };
        var target = new Option<string?>("--target") { Description = "Samples of the target domain, without labels (data.target).", HelpName = "DATA" };
        var test = new Option<string?>("--target-test")
        {
            Description = "Labelled target samples, for checking only (data.targetTest).",
            HelpName = "DATA",
        };
        var methods = new Option<string?>("--method", "--methods")
        {
            Description = $"One of {string.Join(", ", AdaptationWords.Methods)}, or several with commas (transfer.method).",
            HelpName = "METHOD[,METHOD]",
        };
        var seeds = new Option<string?>("--seeds") { Description = "Seeds to run with, for instance 0-4 or 1,2,7 (training.seed).", HelpName = "SEEDS" };
        foreach (var option in (Option[])[source, model, target, test, methods, seeds]) command.Add(option);
        var offline = new OfflineOption(command);
        var connection = new ConnectionOptions(command, trains: true);
        var output = new OutputOption(command);
        command.SetAction((parse, interrupted) =>
        {
            var sets = new List<string>();
            Add("data.train", parse.GetValue(source));
            if (parse.GetValue(model) is { } finished)
            {
                if (parse.GetValue(source) is not null)
                    throw new CliException("--model is a finished model, adapted without data of the source: leave out --source, or --model.");
                Add("model.from", BundleFolder.IsFolder(finished) && !RecipePaths.IsBundleFolder(finished) ? $"./{finished}" : finished);
            }
            var samples = parse.GetValue(source) ?? (parse.GetValue(model) is null ? null : parse.GetValue(target));
            if (samples is not null && RecipeOptions.IsTexts(samples))
                sets.Add($"task={TaskWords.Texts}");
            Add("data.target", parse.GetValue(target));
            Add("data.targetTest", parse.GetValue(test));
            if (recipe.IsGiven(parse) is false && ((parse.GetValue(source) ?? parse.GetValue(model)) is null || parse.GetValue(target) is null))
                throw new CliException("Give a recipe, or both --source and --target, or both --model and --target.");

            var wanted = MethodsOf(
                parse.GetValue(methods), parse.GetValue(model) is null ? DefaultMethod : DefaultSourceFreeMethod, recipe, parse, sets);
            var plans = wanted.SelectMany(method => SeedsOf(parse.GetValue(seeds)).Select(seed => ReadOne(method, seed))).ToList();
            return RunAsync(plans, TrainCommand.WithWeights(connection.Read(parse), offline, parse, streams), output.Open(parse, streams), interrupted);

            void Add(string path, string? value)
            {
                if (value is not null) sets.Add($"{path}={value}");
            }

            Recipe ReadOne(string method, string? seed) =>
                recipe.Read(parse, [.. sets, $"transfer.method={method}", .. seed is null ? [] : (string[])[$"training.seed={seed}"]]).Recipe;
        });
        return command;
    }

    private static IReadOnlyList<string> MethodsOf(
        string? text, string otherwise, RecipeOptions recipe, ParseResult parse, IReadOnlyList<string> sets)
    {
        if (text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { } named)
            return named.Length > 0 ? named : throw new CliException("--method names no method.");

        // The recipe's own method, if it has one for a target; the check of the whole comes later.
        if (!recipe.IsGiven(parse)) return [otherwise];
        try
        {
            return [recipe.Read(parse, sets).Recipe.Transfer.Method];
        }
        catch (RecipeException) when (sets.Count > 0)
        {
            return [otherwise];
        }
    }

    private static IReadOnlyList<string?> SeedsOf(string? text)
    {
        if (text is null) return [null];
        var seeds = new List<string?>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (ends.Length is < 1 or > 2 || !long.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !long.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last) || last < first || last - first > 99)
                throw new CliException($"--seeds: '{part}' is neither a seed nor a range of at most 100 like 0-4.");
            for (var seed = first; seed <= last; seed++) seeds.Add(seed.ToString(CultureInfo.InvariantCulture));
        }
        return seeds;
    }

    private static async Task<int> RunAsync(IReadOnlyList<Recipe> recipes, Connection connection, Output output, CancellationToken interrupted)
    {
        var finished = new List<ExperimentSnapshot>();
        RunEnd end;
        await using (var session = await ClusterSession.OpenAsync(connection, interrupted))
        {
            var place = 0;
            do
            {
                var recipe = recipes[place];
                if (recipes.Count > 1) output.Note($"[{place + 1}/{recipes.Count}] {recipe.Transfer.Method}, seed {recipe.Training.Seed}");
                var experiment = await session.Api.SubmitAsync(RecipePaths.MakeAbsolute(recipe, Environment.CurrentDirectory), interrupted);
                if (output.Json || recipes.Count > 1) output.Note(experiment.Id);
                else output.Line(experiment.Id);
                end = await new RunFollower(session, output).FollowAsync(experiment, from: 1, interrupted);
                finished.Add(end.Experiment);
            }
            while (end.Kind == RunEndKind.Ended && ++place < recipes.Count);
        }
        if (recipes.Count == 1) return RunConclusion.Print(end, connection, output);

        // What was done is worth showing, whether some runs failed or the user has seen enough.
        AdaptationComparison.Of(finished).Print(output);
        if (end.Kind != RunEndKind.Ended)
        {
            output.Note($"{end.Experiment.Id} was {end.Kind.ToString().ToLowerInvariant()}, and {recipes.Count - finished.Count} more were not started.");
            return ExitCodes.Interrupted;
        }
        var unfinished = finished.Where(experiment => experiment.State != ExperimentState.Completed).ToList();
        foreach (var one in unfinished)
            output.Note($"error: {one.Id} ({one.Recipe.Transfer.Method}, seed {one.Recipe.Training.Seed}) is {one.State}: {one.Reason ?? "no reason was given"}");
        return unfinished.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }
}
