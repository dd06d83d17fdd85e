using System.CommandLine;
using OrleansTransfer.Cli.Commands;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Contracts.Recipes;
using OrleansTransfer.Host;
using OrleansTransfer.Learning;
using OrleansTransfer.Learning.Weights.Cache;
using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli;

/// <summary>The command line without its process.</summary>
public static class CliApplication
{
    /// <summary>Runs one command and returns its exit code.</summary>
    /// <param name="args">What stands behind <c>otx</c>.</param>
    /// <param name="streams">Where it writes.</param>
    /// <param name="interrupted">Cancelled by Ctrl-C.</param>
    public static async Task<int> RunAsync(string[] args, IConsoleStreams streams, CancellationToken interrupted = default)
    {
        var parse = CreateRoot(streams).Parse(args.Length == 0 ? ["--help"] : args);
        var configuration = new InvocationConfiguration
        {
            Output = streams.Out,
            Error = streams.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };

        if (parse.Errors.Count > 0)
        {
            foreach (var line in ParseErrors.Describe(parse)) streams.Error.WriteLine(line);
            return ExitCodes.WrongInput;
        }

        try
        {
            return await parse.InvokeAsync(configuration, interrupted);
        }
        catch (Exception error)
        {
            return Explain(error, streams, interrupted);
        }
    }

    private static RootCommand CreateRoot(IConsoleStreams streams) =>
        new("Transfer learning on a cluster: fine-tune pretrained networks on your own pictures.")
    {
        QuickstartCommand.Create(streams),
        TrainCommand.Create(streams),
        AdaptCommand.Create(streams),
        PredictCommand.Create(streams),
        EvaluateCommand.Create(streams),
        ExportCommand.Create(streams),
        ExperimentsCommand.Create(streams),
        SweepCommand.Create(streams),
        ModelsCommand.Create(streams),
        WeightsCommand.Create(streams),
        DataCommand.Create(streams),
        NodeCommand.Create(streams),
        ClusterCommand.Create(streams),
        KeysCommand.Create(streams),
        RecipeCommand.Create(streams),
    };

    private static int Explain(Exception error, IConsoleStreams streams, CancellationToken interrupted)
    {
        var stderr = streams.Error;
        switch (error)
        {
            case OperationCanceledException when interrupted.IsCancellationRequested:
                stderr.WriteLine("Interrupted.");
                return ExitCodes.Interrupted;
            case RecipeException recipe:
                stderr.WriteLine(recipe.Problems.Count == 1 ? "Nothing was started:" : $"{recipe.Problems.Count} problems; nothing was started:");
                foreach (var problem in recipe.Problems) stderr.WriteLine($"error: {problem}");
                return ExitCodes.WrongInput;
            case CliException known:
                stderr.WriteLine($"error: {known.Message}");
                return known.ExitCode;
            case WeightDownloadException:
                stderr.WriteLine($"error: {error.Message}");
                return ExitCodes.Failed;
            case LearningException or BundleException or NodeStartException:
                stderr.WriteLine($"error: {error.Message}");
                return ExitCodes.WrongInput;
            default:
                if (Environment.GetEnvironmentVariable("OTX_DEBUG") == "1") stderr.WriteLine(error);
                else stderr.WriteLine("This is not a mistake of yours; OTX_DEBUG=1 shows where it happened.");
                stderr.WriteLine($"error: {error.GetType().Name}: {error.Message.ReplaceLineEndings(" ")}");
                return ExitCodes.Failed;
        }
    }
}
